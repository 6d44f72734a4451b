import Metrics

/// Which eye a picture shows.
package enum SampleEye: String, Sendable, CaseIterable {
    case right = "R"
    case left = "L"
}

/// A simulated clinic with its own camera.
package enum SampleSite: String, Sendable, CaseIterable {
    case a = "A"
    case b = "B"
}

/// How a simulated picture is stored.
package enum SampleFormat: Sendable, Equatable {
    case png
    /// `quality` is libjpeg's, 1…100.
    case jpeg(quality: Int)

    /// The file name's extension.
    package var fileExtension: String {
        switch self {
        case .png: "png"
        case .jpeg: "jpg"
        }
    }
}

/// What a simulated picture shows, decided by the seed and the picture's number alone.
///
/// Pictures 2n and 2n + 1 are the right and left eye of one patient. Five patients in a row have every grade once in each
/// eye, one neighbouring pair of grades exchanged between the eyes of two patients, and come from one site; sites take
/// turns. So every 10 pictures hold each grade twice.
package struct SampleCase: Sendable, Equatable {
    package let index: Int
    package let patient: Int
    package let eye: SampleEye
    package let site: SampleSite
    /// 0…4, ICDR.
    package let grade: Int

    package init(seed: UInt64, index: Int) {
        precondition(index >= 0, "pictures are numbered from 0")
        self.index = index
        self.patient = index / 2
        self.eye = index % 2 == 0 ? .right : .left
        let block = self.patient / 5
        self.site = block % 2 == 0 ? .a : .b
        var random = SampleStream.block.random(seed, block)
        let grades = random.permutation(5)
        var grade = grades[self.patient % 5]
        let exchanged = random.below(4)
        if self.eye == .left {
            if grade == exchanged { grade += 1 } else if grade == exchanged + 1 { grade -= 1 }
        }
        self.grade = grade
    }

    /// How the site stores the picture. Site A keeps one patient in four without loss.
    package var format: SampleFormat {
        switch self.site {
        case .a: self.patient % 4 == 0 ? .png : .jpeg(quality: 94)
        case .b: .jpeg(quality: 80)
        }
    }

    /// The file's name without extension, such as `sample_0012_R`.
    package var id: String { "sample_\(padded(self.patient))_\(self.eye.rawValue)" }

    /// The patient's name, such as `P0012`.
    package var patientID: String { "P\(padded(self.patient))" }
}

/// Independent random streams, so that one kind of decision never moves another.
enum SampleStream: UInt64 {
    case block, person, anatomy, texture, lesions, camera, volumeBlock, volume

    func random(_ seed: UInt64, _ number: Int) -> SplitMix64 {
        SplitMix64(seed: seed, stream: UInt64(number) &* 16 &+ self.rawValue)
    }
}

extension SplitMix64 {
    /// A number in a range.
    mutating func value(_ range: ClosedRange<Float>) -> Float {
        range.lowerBound + Float(self.unit()) * (range.upperBound - range.lowerBound)
    }

    /// A whole number in a range.
    mutating func count(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + self.below(range.upperBound - range.lowerBound + 1)
    }

    /// True with a probability.
    mutating func chance(_ probability: Float) -> Bool {
        self.value(0...1) < probability
    }
}

/// At least four digits.
func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
