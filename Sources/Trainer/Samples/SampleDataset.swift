import Dispatch
package import Foundation
import Synchronization

/// A folder of simulated photographs with their labels.
package enum SampleDataset {
    /// Pictures drawn between two calls of `progress`.
    private static let batch = 16

    /// Writes `images/<id>.png` or `.jpg`, `masks/<id>.png` of the vessels where `encodeMask` is given, `README.txt` and, when everything else is there, `labels.csv` with the columns
    /// `id_code,diagnosis,patient_id,eye,site` and, where a split is given, `split`.
    ///
    /// `encode` turns a picture into the bytes of a file of its ``SampleCase/format``; it runs on several threads at once.
    /// `progress` gets the number of pictures written so far. The outcome depends on `images`, `seed`, `size` and `split`
    /// only. A folder that already has labels is refused.
    package static func write(
        to directory: URL, images: Int, seed: UInt64, size: Int = 512, split: PatientSplit? = nil,
        encode: @Sendable (SampleImage) throws -> [UInt8], encodeMask: (@Sendable (SampleImage) throws -> [UInt8])? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(DataError) {
        guard images > 0, images <= 1_000_000 else {
            throw DataError(.badSetting, "images", "the number of pictures must be 1 to 1000000")
        }
        guard SampleFundus.sizes.contains(size) else {
            let sizes = SampleFundus.sizes
            throw DataError(.badSetting, "size", "the width must be \(sizes.lowerBound) to \(sizes.upperBound) pixels")
        }
        let samples = (0..<images).map { SampleCase(seed: seed, index: $0) }
        let table = try self.table(of: samples)
        let text = try split.map { split throws(DataError) in table.csv(parts: try split.assign(table.rows)) }
        try self.prepare(directory, encodeMask == nil ? ["images"] : ["images", "masks"])
        for start in stride(from: 0, to: images, by: self.batch) {
            let end = min(start + self.batch, images)
            try self.draw(samples[start..<end], seed: seed, size: size, to: directory, encode, encodeMask)
            progress(end, images)
        }
        let readme = self.readme(samples, seed: seed, size: size)
        try writeWhole(Data(readme.utf8), to: directory.appendingPathComponent("README.txt"))
        try writeWhole(Data((text ?? self.csv(of: samples)).utf8), to: directory.appendingPathComponent("labels.csv"))
    }

    /// `labels.csv` of the first `images` pictures of a seed.
    package static func csv(of samples: [SampleCase]) -> String {
        let rows = samples.map { "\($0.id),\($0.grade),\($0.patientID),\($0.eye.rawValue),\($0.site.rawValue)\n" }
        return "id_code,diagnosis,patient_id,eye,site\n" + rows.joined()
    }

    private static func table(of samples: [SampleCase]) throws(DataError) -> LabelTable {
        try LabelTable(bytes: Array(self.csv(of: samples).utf8), name: "labels.csv", classes: 5)
    }

    /// Makes folders in a directory that has no labels yet.
    static func prepare(_ directory: URL, _ folders: [String]) throws(DataError) {
        if FileManager.default.fileExists(atPath: directory.appendingPathComponent("labels.csv").path) {
            throw DataError(.notWritten, directory.lastPathComponent, "the folder already has a labels.csv; choose another")
        }
        do {
            for folder in folders {
                try FileManager.default.createDirectory(
                    at: directory.appendingPathComponent(folder), withIntermediateDirectories: true)
            }
        } catch {
            throw DataError(.notWritten, directory.lastPathComponent, "the folder cannot be made")
        }
    }

    private static func draw(
        _ samples: ArraySlice<SampleCase>, seed: UInt64, size: Int, to directory: URL,
        _ encode: @Sendable (SampleImage) throws -> [UInt8], _ encodeMask: (@Sendable (SampleImage) throws -> [UInt8])?
    ) throws(DataError) {
        let failure = Mutex<DataError?>(nil)
        DispatchQueue.concurrentPerform(iterations: samples.count) { number in
            let sample = samples[samples.startIndex + number]
            let file = "\(sample.id).\(sample.format.fileExtension)"
            do {
                let image = SampleFundus.render(seed: seed, index: sample.index, size: size)
                try writeWhole(Data(try encode(image)), to: directory.appendingPathComponent("images/\(file)"))
                if let mask = try encodeMask?(image) {
                    try writeWhole(Data(mask), to: directory.appendingPathComponent("masks/\(sample.id).png"))
                }
            } catch let error as DataError {
                failure.withLock { $0 = $0 ?? error }
            } catch {
                failure.withLock { $0 = $0 ?? DataError(.notWritten, file, "the picture cannot be encoded: \(error)") }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private static func readme(_ samples: [SampleCase], seed: UInt64, size: Int) -> String {
        let grades = (0..<5).map { grade in "\(samples.count { $0.grade == grade }) of grade \(grade)" }
        return """
            Synthetic fundus photographs, drawn by dr-train sample. No person was photographed.

            \(samples.count) pictures (\(grades.joined(separator: ", "))), \
            \(Set(samples.map(\.patient)).count) invented patients, two simulated sites, \(size) pixels wide, seed \(seed).

            labels.csv: id_code (file name in images/), diagnosis (0 no retinopathy, 1 mild, 2 moderate, 3 severe
            non-proliferative, 4 proliferative), patient_id, eye (R, L), site (A, B).
            masks/, where it is there: the drawn vessels, 255 on 0.

            The grade follows from the drawn lesions and from nothing else. Lesions are larger and clearer than in life.
            Results on these pictures show that a system works. They say nothing about its accuracy on patients.

            """
    }
}
