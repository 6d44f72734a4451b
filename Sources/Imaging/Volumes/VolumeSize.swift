/// Voxels along each axis of a volume, in the order in which they lie in memory: `[depth, height, width]`.
package struct VolumeSize: Sendable, Hashable, CustomStringConvertible {
    package let depth: Int
    package let height: Int
    package let width: Int

    /// The longest side, in voxels.
    package static let longestSide = 65_535

    /// - Parameters: 1 to `longestSide`.
    package init(depth: Int, height: Int, width: Int) {
        let sides = 1...Self.longestSide
        precondition(sides.contains(depth) && sides.contains(height) && sides.contains(width), "a side outside \(sides)")
        self.depth = depth
        self.height = height
        self.width = width
    }

    package var count: Int { self.depth * self.height * self.width }
    package var description: String { "\(self.depth) x \(self.height) x \(self.width)" }
}

/// What a volume may cost before it is refused. Checked from headers, before the voxels are allocated.
package struct VolumeLimits: Sendable, Hashable {
    /// Voxels of one volume; they take 2 or 4 bytes each.
    package var voxels: Int
    /// Bytes of a volume's file that are read, and what it may inflate to.
    package var fileBytes: Int
    /// The same for the file of one slice.
    package var sliceBytes: Int
    /// Files of a folder that are looked at.
    package var files: Int

    package init(voxels: Int = 640 << 20, fileBytes: Int = 4 << 30, sliceBytes: Int = 256 << 20, files: Int = 20_000) {
        precondition(voxels > 0 && fileBytes > 0 && sliceBytes > 0 && files > 0)
        self.voxels = voxels
        self.fileBytes = fileBytes
        self.sliceBytes = sliceBytes
        self.files = files
    }

    /// 671 million voxels (512 x 512 x 2560), 4 GiB a file, 256 MiB a slice, 20,000 files.
    package static let standard = VolumeLimits()
}
