import Foundation
import Graph
import Imaging
import Testing
import Trainer

@Suite struct BatchLoaderTests {
    /// Ten grey pictures, each of its own brightness, so that a row of a batch tells which picture it is.
    private static func pictures(in folder: URL) throws -> PictureSet {
        var csv = "id_code,diagnosis\n"
        for index in 0..<10 {
            let image = Image(width: 8, height: 8, pixels: [UInt8](repeating: UInt8(20 * index + 10), count: 8 * 8 * 3))
            try Data(try image.encodedPNG(level: 1)).write(to: folder.appendingPathComponent("\(index).png"))
            csv += "\(index),\(index % 5)\n"
        }
        let labels = folder.appendingPathComponent("labels.csv")
        try Data(csv.utf8).write(to: labels)
        let table = try LabelTable(file: labels, classes: 5)
        let image = try Preprocessing(crop: .none, height: 8, width: 8, filter: .bilinear, normalization: .imageNet)
        return PictureSet(
            rows: table.rows, files: try ImageFolder(folder).resolve(table), preprocessing: image, cacheByteCount: 0)
    }

    private static func firstPixels(_ batch: Batch) -> [Float] {
        let pixels = batch.inputs["input"]!.array(of: Float.self)
        return (0..<batch.inputs["input"]!.shape[0]).map { pixels[$0 * 3 * 8 * 8] }
    }

    private static func withPictures(_ body: (PictureSet) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dr-batches-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(try Self.pictures(in: folder))
    }

    @Test func aTrainingEpochTakesEveryPictureOnceAndFillsTheLastBatchWithTheFirst() throws {
        try Self.withPictures { pictures in
            let loader = BatchLoader(pictures, batchSize: 4, augmentation: Augmentation(), seed: 7)
            let batches = try (0..<loader.batchCount).map { try loader.batch(epoch: 1, index: $0) }
            #expect(batches.count == 3)
            #expect(batches.flatMap(\.rows).sorted() == Array(0..<10))
            let last = batches[2]
            #expect(last.rows.count == 2)
            #expect(last.inputs["mask"]!.array(of: Float.self) == [1, 1, 0, 0])
            #expect(Array(Self.firstPixels(last)[2...]) == Array(Self.firstPixels(batches[0])[..<2]))
            #expect(Set(Self.firstPixels(last)).count == 4)
        }
    }

    @Test func anEvaluationFillsTheLastBatchWithZeros() throws {
        try Self.withPictures { pictures in
            let loader = BatchLoader(evaluating: pictures, batchSize: 4)
            let last = try loader.batch(epoch: 0, index: 2)
            #expect(last.rows == [8, 9])
            #expect(last.inputs["mask"]!.array(of: Float.self) == [1, 1, 0, 0])
            #expect(Array(Self.firstPixels(last)[2...]) == [0, 0])
            #expect(last.inputs["labels"]!.array(of: Int64.self) == [3, 4, 0, 0])
        }
    }
}
