import Foundation
import Synchronization
import Testing
import Trainer

@Suite struct SampleDatasetTests {
    private struct NoEncoder: Error {}

    @Test func aWrittenSetReadsBack() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let calls = Mutex<[Int]>([])
        let split = try PatientSplit(train: 0.6, validation: 0.4, seed: 1)
        try SampleDataset.write(
            to: folder.url, images: 40, seed: 7, size: 32, split: split,
            encode: { $0.rgb }, progress: { done, _ in calls.withLock { $0.append(done) } })
        #expect(calls.withLock { $0 } == [16, 32, 40])
        let labels = try LabelTable(file: folder.url.appendingPathComponent("labels.csv"), classes: 5)
        #expect(labels.columns == ["id_code", "diagnosis", "patient_id", "eye", "site", "split"])
        #expect(labels.gradeCounts == [8, 8, 8, 8, 8])
        #expect(labels.rows.allSatisfy { $0.part != nil && $0.patientID != nil && $0.eye != nil })
        let files = try ImageFolder(folder.url.appendingPathComponent("images")).resolve(labels)
        #expect(files.count == 40)
        #expect(Set(files.map(\.pathExtension)) == ["png", "jpg"])
        #expect(try DuplicatePictures(files).groups.isEmpty)
        let first = SampleFundus.render(seed: 7, index: 0, size: 32)
        #expect(try Array(Data(contentsOf: files[0])) == first.rgb)
        let readme = try String(contentsOf: folder.url.appendingPathComponent("README.txt"), encoding: .utf8)
        #expect(readme.hasPrefix("Synthetic"))
        #expect(readme.contains("8 of grade 4"))
        let again = failure { () throws(DataError) in
            try SampleDataset.write(to: folder.url, images: 1, seed: 7, size: 32, encode: { $0.rgb })
        }
        #expect(try #require(again).code == .notWritten)
    }

    @Test func anEncoderThatFailsLeavesNoLabels() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let error = failure { () throws(DataError) in
            try SampleDataset.write(
                to: folder.url, images: 3, seed: 7, size: 32,
                encode: { if $0.sample.index == 1 { throw NoEncoder() } else { $0.rgb } })
        }
        #expect(try #require(error).code == .notWritten)
        #expect(try #require(error).subject == "sample_0000_L.png")
        #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("labels.csv").path))
    }

    @Test func impossibleOrdersAreRefused() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for (images, size) in [(0, 64), (-1, 64), (1, 0), (1, 1 << 20)] {
            let error = failure { () throws(DataError) in
                try SampleDataset.write(to: folder.url, images: images, seed: 1, size: size, encode: { $0.rgb })
            }
            #expect(error != nil)
        }
    }
}
