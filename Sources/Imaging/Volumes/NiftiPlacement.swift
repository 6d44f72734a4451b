/// Where a NIfTI file puts its voxels: the matrix (sform) if it has one, else the quaternion (qform), else the distances alone,
/// centred and with the first axis to the left as nibabel assumes. The format counts to the right, front and head in a unit of
/// its own; the result is DICOM's, in mm.
struct NiftiPlacement {
    private let fields: NiftiFields

    init(_ fields: NiftiFields) { self.fields = fields }

    func geometry(_ size: VolumeSize, _ subject: String) throws(ImagingError) -> VolumeGeometry {
        let unit: Double =
            switch self.fields.units & 7 {
            case 1: 1000
            case 3: 0.001
            default: 1
            }
        var (columns, origin) = try self.columns(size, subject)
        let toPatient = SIMD3<Double>(-1, -1, 1) * unit
        columns = columns.map { $0 * toPatient }
        origin *= toPatient
        let lengths = columns.map(\.length)
        guard lengths.allSatisfy({ $0.isFinite && $0 > 0 }), origin.length.isFinite else {
            throw niftiCorrupt("its matrix has no size", subject)
        }
        let axes = zip(columns, lengths).map { $0 / $1 }
        let skew = [axes[0].dot(axes[1]), axes[0].dot(axes[2]), axes[1].dot(axes[2])].map(abs)
        guard skew.allSatisfy({ $0 < 1e-3 }) else {
            throw ImagingError(
                .gantryTilt, subject: subject,
                "the axes of this NIfTI volume are not perpendicular (a tilted gantry or an affine registration); "
                    + "resample it to a box")
        }
        return VolumeGeometry(
            origin: origin, depthAxis: axes[2], heightAxis: axes[1], widthAxis: axes[0],
            spacing: SIMD3(lengths[2], lengths[1], lengths[0]))
    }

    /// The steps along width, height and depth, and the first voxel's place, in the file's unit and directions.
    private func columns(
        _ size: VolumeSize, _ subject: String
    ) throws(ImagingError) -> ([SIMD3<Double>], origin: SIMD3<Double>) {
        if self.fields.matrixCode > 0 {
            let m = self.fields.matrix
            return ((0..<3).map { SIMD3(m[$0], m[4 + $0], m[8 + $0]) }, SIMD3(m[3], m[7], m[11]))
        }
        let distances = self.fields.distances
        guard distances[1...3].allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw niftiCorrupt("a distance between voxels is not positive", subject)
        }
        if self.fields.quaternionCode > 0 {
            let rotation = try self.rotation(subject)
            let third = distances[0] < 0 ? -distances[3] : distances[3]
            let place = self.fields.quaternionOrigin
            return (
                [rotation[0] * distances[1], rotation[1] * distances[2], rotation[2] * third],
                SIMD3(place[0], place[1], place[2])
            )
        }
        let steps = SIMD3(-distances[1], distances[2], distances[3])
        let last = SIMD3(Double(size.width - 1), Double(size.height - 1), Double(size.depth - 1))
        return (
            [SIMD3(steps.x, 0, 0), SIMD3(0, steps.y, 0), SIMD3(0, 0, steps.z)], steps * last * -0.5
        )
    }

    /// The columns of the rotation that the quaternion (a, b, c, d) stands for; a is left out in the file.
    private func rotation(_ subject: String) throws(ImagingError) -> [SIMD3<Double>] {
        let q = self.fields.quaternion
        let (b, c, d) = (q[0], q[1], q[2])
        let rest = 1 - (b * b + c * c + d * d)
        guard rest > -1e-5 else { throw niftiCorrupt("its quaternion is longer than one", subject) }
        let a = max(rest, 0).squareRoot()
        return [
            SIMD3(a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)),
            SIMD3(2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)),
            SIMD3(2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c),
        ]
    }
}
