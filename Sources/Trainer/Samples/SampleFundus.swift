import Metrics

/// A simulated fundus photograph.
package struct SampleImage: Sendable, Equatable {
    /// Interleaved RGB, `[height, width, 3]`.
    package let rgb: [UInt8]
    package let width: Int
    package let height: Int
    /// Who and what it shows.
    package let sample: SampleCase
    /// The grade that was drawn; differs from the sample's only where another one was asked for.
    package let grade: Int
    /// `[height, width]`: 1 where a lesion was drawn, before the camera's blur.
    package let lesionMask: [UInt8]
    /// `[height, width]`: 1 where a vessel was drawn within the field of view.
    package let vesselMask: [UInt8]
}

/// Draws synthetic fundus photographs with diabetic retinopathy of a known grade (ICDR 0…4).
///
/// The grade follows from the lesions drawn and from nothing else: 0 none; 1 microaneurysms; 2 more of them, dot
/// haemorrhages, hard exudates; 3 many haemorrhages in four quadrants, venous beading, shunts (IRMA), cotton-wool spots;
/// 4 new vessels, blood in front of the retina, or both. Lesions are larger and clearer than in life, so that they
/// survive a resize to 128 pixels. The pictures show that a system works; they say nothing about its accuracy on patients.
package enum SampleFundus {
    /// Widths that can be drawn, in pixels.
    package static let sizes = 32...4096

    /// The picture number `index` of a seed, `size` pixels wide; `grade` draws the same eye with another grade's lesions.
    package static func render(seed: UInt64, index: Int, size: Int, grade: Int? = nil) -> SampleImage {
        precondition(SampleFundus.sizes.contains(size), "a sample is 32 to 4096 pixels wide")
        let sample = SampleCase(seed: seed, index: index)
        let grade = grade ?? sample.grade
        precondition((0...4).contains(grade), "a grade is 0 to 4")
        let camera = SampleCamera(sample.site)
        let frame = camera.frame(size: size, eye: sample.eye)
        let anatomy = SampleAnatomy(seed: seed, sample: sample)
        var canvas = SampleCanvas(frame: frame)
        canvas.paintFundus(anatomy, random: SampleStream.texture.random(seed, index))
        canvas.paintVessels(anatomy.vessels)
        let lesions = SampleLesions(
            grade: grade, anatomy: anatomy, verticalLimit: frame.verticalLimit,
            random: SampleStream.lesions.random(seed, index))
        canvas.paintLesions(lesions.all)
        let (mask, vesselMask) = (canvas.mask, canvas.vesselMask)
        let rgb = camera.photograph(canvas, random: SampleStream.camera.random(seed, index))
        return SampleImage(
            rgb: rgb, width: frame.width, height: frame.height, sample: sample, grade: grade, lesionMask: mask,
            vesselMask: vesselMask)
    }
}
