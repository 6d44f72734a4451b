import Foundation

/// Slices sorted along their normal, proved to fill a box evenly; every way in which they may not is refused by name.
struct SliceStack: Sendable, Hashable {
    let slices: [DicomSlice]
    let geometry: VolumeGeometry

    /// How far a slice may lie from its even place: a fiftieth of the distance, or the rounding of written positions.
    private static let tolerance = (part: 0.02, millimetres: 0.05)

    init(_ unsorted: [DicomSlice], subject: String) throws(ImagingError) {
        guard let reference = unsorted.first, unsorted.count > 1 else {
            throw ImagingError(
                .notAVolume, subject: subject, "the series has only \(unsorted.count) slice; a volume needs two or more")
        }
        for slice in unsorted {
            guard let what = slice.difference(from: reference) else { continue }
            throw ImagingError(
                .mixedSeries, subject: subject,
                "the series holds slices of different \(what); separate them, localizers first of all")
        }
        let normal = reference.normal
        func place(_ slice: DicomSlice) -> Double { slice.position.dot(normal) }
        let slices = unsorted.sorted { (place($0), $0.path) < (place($1), $1.path) }
        let gaps = zip(slices.dropFirst(), slices).map { place($0) - place($1) }
        let length = gaps.reduce(0, +)
        try Self.checkSideways(slices, normal, length, subject)
        try Self.checkGaps(gaps, subject)
        self.slices = slices
        self.geometry = VolumeGeometry(
            origin: slices[0].position, depthAxis: normal, heightAxis: reference.heightAxis, widthAxis: reference.widthAxis,
            spacing: SIMD3(length / Double(gaps.count), reference.rowSpacing, reference.columnSpacing))
    }

    /// Slices must lie straight above each other. Those of a tilted gantry do not: the table moves along the body, not along the
    /// slices' normal.
    private static func checkSideways(
        _ slices: [DicomSlice], _ normal: SIMD3<Double>, _ length: Double, _ subject: String
    ) throws(ImagingError) {
        let first = slices[0]
        let shifts = slices.map { slice in
            let way = slice.position - first.position
            return (way - normal * way.dot(normal)).length
        }
        guard let most = shifts.max(), most > min(first.rowSpacing, first.columnSpacing) / 2 else { return }
        let degrees = length > 0 ? atan2(most, length) * 180 / .pi : 90
        throw ImagingError(
            .gantryTilt, subject: subject,
            "the slices are shifted sideways by up to \(rounded(most)) mm, as with a gantry tilted by \(rounded(degrees)) degrees; "
                + "resample the series to a box, or reconstruct it without tilt")
    }

    private static func checkGaps(_ gaps: [Double], _ subject: String) throws(ImagingError) {
        let usual = gaps.sorted()[gaps.count / 2]
        if let index = gaps.firstIndex(where: { $0 < 1e-3 }) {
            throw ImagingError(
                .duplicateSlices, subject: subject,
                "slices \(index + 1) and \(index + 2) lie at the same place; remove copies, or separate the passes of the series")
        }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let allowed = max(mean * Self.tolerance.part, Self.tolerance.millimetres)
        var place = 0.0
        var isEven = true
        for (index, gap) in gaps.enumerated() {
            place += gap
            if abs(place - mean * Double(index + 1)) > allowed { isEven = false }
        }
        if isEven { return }
        let multiples = gaps.map { ($0 / usual).rounded() }
        let areWhole = zip(gaps, multiples).allSatisfy { $1 >= 1 && abs($0 - $1 * usual) <= 0.05 * usual }
        if areWhole, let index = multiples.firstIndex(where: { $0 > 1 }) {
            let missing = multiples.reduce(0) { $0 + Int(min($1, 1e9)) - 1 }
            throw ImagingError(
                .missingSlices, subject: subject,
                "\(missing) of the series' slices are missing, the first after slice \(index + 1) of \(gaps.count + 1); export the "
                    + "whole series again")
        }
        let ends = (low: gaps.min() ?? usual, high: gaps.max() ?? usual)
        throw ImagingError(
            .unevenSlices, subject: subject,
            "the distance between slices changes from \(rounded(ends.low)) to \(rounded(ends.high)) mm; "
                + "choose or reconstruct an even series")
    }
}

/// A length or an angle for a message.
private func rounded(_ value: Double) -> String { String(format: "%.4g", value) }
