import Dispatch
package import Foundation
import Imaging
import Synchronization

/// A folder of simulated volumes with their labels.
package enum SampleVolumeDataset {
    /// Writes `volumes/<id>.nii.gz` or `.nii`, `README.txt` and, when everything else is there, `labels.csv` with the columns
    /// `id_code`, one of zeros and ones for each ``SampleSolid``, and `patient_id`.
    ///
    /// The outcome depends on `volumes` and `seed` only. A folder that already has labels is refused.
    /// - Parameter progress: gets the number of volumes written so far, from one thread at a time.
    package static func write(
        to directory: URL, volumes: Int, seed: UInt64, progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(DataError) {
        guard volumes > 0, volumes <= 100_000 else {
            throw DataError(.badSetting, "volumes", "the number of volumes must be 1 to 100000")
        }
        let samples = (0..<volumes).map { SampleVolumeCase(seed: seed, index: $0) }
        try SampleDataset.prepare(directory, ["volumes"])
        let state = Mutex<(done: Int, failure: DataError?)>((0, nil))
        DispatchQueue.concurrentPerform(iterations: volumes) { number in
            let sample = samples[number]
            var failure: DataError?
            do {
                let volume = SampleVolume.render(seed: seed, index: sample.index)
                let bytes = try volume.encodedNifti(isCompressed: sample.isCompressed)
                try writeWhole(Data(bytes), to: directory.appendingPathComponent("volumes/\(sample.file)"))
            } catch let error as DataError {
                failure = error
            } catch {
                failure = DataError(.notWritten, sample.file, "the volume cannot be encoded: \(error)")
            }
            state.withLock { state in
                state.done += 1
                state.failure = state.failure ?? failure
                progress(state.done, volumes)
            }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        try writeWhole(Data(self.readme(samples, seed: seed).utf8), to: directory.appendingPathComponent("README.txt"))
        try writeWhole(Data(self.csv(of: samples).utf8), to: directory.appendingPathComponent("labels.csv"))
    }

    /// `labels.csv`.
    package static func csv(of samples: [SampleVolumeCase]) -> String {
        let header = ["id_code"] + SampleSolid.allCases.map(\.rawValue) + ["patient_id"]
        let rows = samples.map { sample in
            [sample.id] + SampleSolid.allCases.map { sample.shapes.contains($0) ? "1" : "0" } + [sample.patientID]
        }
        return ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }

    private static func readme(_ samples: [SampleVolumeCase], seed: UInt64) -> String {
        let counts = SampleSolid.allCases.map { shape in
            "\(samples.count { $0.shapes.contains(shape) }) with a \(shape.rawValue)"
        }
        return """
            Synthetic volumes, drawn by dr-train sample --volumes. Nobody was scanned.

            \(samples.count) volumes of \(SampleVolume.size) voxels (\(counts.joined(separator: ", "))), \
            \(Set(samples.map(\.patient)).count) invented patients, seed \(seed).

            labels.csv: id_code (file name in volumes/), 0 or 1 for each shape that the volume may show, patient_id.

            Results on these volumes show that a system works. They say nothing about its accuracy on patients.

            """
    }
}
