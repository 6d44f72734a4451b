import Metrics

/// What a simulated volume can show; the columns of its labels, in this order.
package enum SampleSolid: String, Sendable, CaseIterable {
    case ball, tube, plate, ring
}

/// What a simulated volume shows, decided by the seed and the volume's number alone.
///
/// Volumes 2n and 2n + 1 belong to one patient. Every eight volumes in a row show each of eight sets of shapes once.
package struct SampleVolumeCase: Sendable, Equatable {
    /// The sets of shapes that occur: one, two and three together.
    package static let sets: [[SampleSolid]] = [
        [.ball], [.tube], [.plate], [.ring], [.tube, .ring], [.tube, .plate], [.plate, .ring], [.tube, .plate, .ring],
    ]

    package let index: Int
    package let shapes: [SampleSolid]

    package init(seed: UInt64, index: Int) {
        precondition(index >= 0, "volumes are numbered from 0")
        self.index = index
        let count = Self.sets.count
        var random = SampleStream.volumeBlock.random(seed, index / count)
        self.shapes = Self.sets[random.permutation(count)[index % count]]
    }

    package var patient: Int { self.index / 2 }
    /// The file's name without extension, such as `volume_0012_1`.
    package var id: String { "volume_\(padded(self.patient))_\(self.index % 2 + 1)" }
    /// The patient's name, such as `P0012`.
    package var patientID: String { "P\(padded(self.patient))" }
    /// One in four is stored without compression.
    package var isCompressed: Bool { self.index % 4 != 3 }
    /// The name of the file.
    package var file: String { self.id + (self.isCompressed ? ".nii.gz" : ".nii") }
}
