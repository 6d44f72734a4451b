import Foundation
import Graph
import Imaging
import Synchronization
import TestSupport
import Testing
import Trainer

/// Volumes in a folder as batches for training and evaluation.
@Suite struct VolumeDataTests {
    private static let names = SampleSolid.allCases.map(\.rawValue)

    /// A folder of drawn volumes, and its table.
    private static func withSamples(_ count: Int, _ body: (URL, LabelTable) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try SampleVolumeDataset.write(to: folder.url, volumes: count, seed: 3)
        try body(folder.url, LabelTable(file: folder.url.appendingPathComponent("labels.csv"), scheme: .columns(Self.names)))
    }

    private static func set(_ folder: URL, _ table: LabelTable, room: Int = 1 << 20) throws -> VolumeSet {
        let files = try ImageFolder(folder.appendingPathComponent("volumes"), of: .volume).resolve(table)
        let preprocessing = try VolumePreprocessing(size: [6, 16, 20])
        return VolumeSet(rows: table.rows, files: files, preprocessing: preprocessing, cacheByteCount: room)
    }

    @Test func samplesAreAFunctionOfTheSeed() throws {
        try Self.withSamples(16) { folder, table in
            let cases = (0..<16).map { SampleVolumeCase(seed: 3, index: $0) }
            #expect(table.rows.map(\.id) == cases.map(\.id))
            #expect(table.columns == ["id_code", "ball", "tube", "plate", "ring", "patient_id"])
            for (row, sample) in zip(table.rows, cases) {
                let shown = SampleSolid.allCases.indices.filter { row.labels >> UInt64($0) & 1 == 1 }
                #expect(Set(shown.map { SampleSolid.allCases[$0] }) == Set(sample.shapes))
                #expect(row.patientID == sample.patientID)
            }
            // Two rounds of every set.
            #expect(
                Dictionary(grouping: table.rows, by: \.labels).mapValues(\.count).values.sorted() == [2, 2, 2, 2, 2, 2, 2, 2])
            let files = try ImageFolder(folder.appendingPathComponent("volumes"), of: .volume).resolve(table)
            #expect(Set(files.map(\.pathExtension)) == ["gz", "nii"])
            let volume = try Volume.load(path: files[5].path)
            #expect(volume.voxels == SampleVolume.render(seed: 3, index: 5).voxels)
            #expect(volume.voxels != SampleVolume.render(seed: 4, index: 5).voxels)
            let again = failure { () throws(DataError) in try SampleVolumeDataset.write(to: folder, volumes: 1, seed: 3) }
            #expect(try #require(again).code == .notWritten)
        }
    }

    /// Bright voxels are those of the shapes: a ball's volume lies between those of the smallest and the largest ball.
    @Test func aBallHasTheVolumeOfABall() throws {
        let index = try #require((0..<64).first { SampleVolumeCase(seed: 9, index: $0).shapes == [.ball] })
        let volume = SampleVolume.render(seed: 9, index: index)
        let share = Double(volume.floats.count { $0 > -400 }) / Double(volume.size.count)
        func ball(_ radius: Double) -> Double { 4 / 3 * Double.pi * radius * radius * radius / 8 }
        #expect(share > ball(0.28) && share < ball(0.44), "\(share)")
    }

    @Test func aBatchHoldsVolumesAndTheirLabels() throws {
        try Self.withSamples(5) { folder, table in
            let volumes = try Self.set(folder, table)
            let loader = VolumeBatchLoader(evaluating: volumes, batchSize: 2, targets: .labelVectors(count: 4))
            #expect(loader.batchCount == 3)
            let last = try loader.batch(epoch: 0, index: 2)
            let input = try #require(last.inputs["input"])
            #expect(input.type == TensorType(.float32, [2, 6, 1, 16, 20]))
            #expect(last.inputs["mask"]?.array(of: Float.self) == [1, 0])
            let labels = table.rows[4].labels
            let wanted = (0..<4).map { labels >> UInt64($0) & 1 == 1 ? Float(1) : 0 }
            #expect(last.inputs["targets"]?.array(of: Float.self) == wanted + [0, 0, 0, 0])
            // The volume itself, by the public steps one after another.
            let bytes = try Volume.load(path: volumes.files[4].path).prepared(
                size: VolumeSize(depth: 6, height: 16, width: 20), window: .lung)
            let values = input.array(of: Float.self)
            #expect(zip(values, bytes.voxels).allSatisfy { abs($0 - (Float($1) / 255 - 0.449) / 0.226) < 1e-6 })
            #expect(values[(6 * 16 * 20)...].allSatisfy { $0 == 0 })
        }
    }

    @Test func trainingBatchesArePureAndChanged() throws {
        try Self.withSamples(6) { folder, table in
            let volumes = try Self.set(folder, table)
            var augmentation = VolumeAugmentation()
            augmentation.rotation = 5
            augmentation.noise = 0.01
            func loader(_ volumes: VolumeSet) -> VolumeBatchLoader {
                VolumeBatchLoader(volumes, batchSize: 4, augmentation: augmentation, seed: 7, targets: .labelBits)
            }
            let first = try loader(volumes).batch(epoch: 2, index: 1)
            // A set without room for anything gives the same bits.
            let second = try loader(try Self.set(folder, table, room: 0)).batch(epoch: 2, index: 1)
            func values(_ batch: Batch) -> [Float]? { batch.inputs["input"]?.array(of: Float.self) }
            #expect(values(first) == values(second))
            #expect(first.inputs["mask"]?.array(of: Float.self) == [1, 1, 0, 0])
            #expect(
                first.inputs["labels"]?.array(of: Int64.self).prefix(2) == first.rows.map { Int64(table.rows[$0].labels) }[...])
            #expect(try values(loader(volumes).batch(epoch: 3, index: 1)) != values(first))
            var plain = augmentation
            (plain.rotation, plain.noise) = (0, 0)
            let unchanged = VolumeBatchLoader(volumes, batchSize: 4, augmentation: plain, seed: 7, targets: .labelBits)
            #expect(try values(unchanged.batch(epoch: 2, index: 1)) != values(first))
            #expect(try unchanged.batch(epoch: 2, index: 1).rows == first.rows)
        }
    }

    @Test func badVolumesAreNamedTogether() throws {
        try Self.withSamples(4) { folder, table in
            let volumes = try Self.set(folder, table)
            try Data("no volume".utf8).write(to: volumes.files[1])
            try Data().write(to: volumes.files[2])
            let calls = Mutex(0)
            let problems = volumes.problems { _ in calls.withLock { $0 += 1 } }
            #expect(problems.map(\.file) == [volumes.files[1], volumes.files[2]].map(\.lastPathComponent))
            #expect(problems[0].message.contains("line 3"))
            #expect(calls.withLock { $0 } == 4)
        }
    }

    @Test func aVolumeIsAFileOrAFolder() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for name in ["a.nii", "b.nii.gz", "d.nii", "d.nii.gz", "e"] { _ = try folder.write(name, "") }
        try FileManager.default.createDirectory(at: folder.url.appendingPathComponent("c"), withIntermediateDirectories: true)
        let volumes = try ImageFolder(folder.url, of: .volume)
        for (id, file) in ["a": "a.nii", "b": "b.nii.gz", "c": "c"] {
            #expect(try volumes.resolve(id).lastPathComponent == file)
        }
        #expect(failure { () throws(DataError) in try volumes.resolve("d") }?.code == .ambiguousImage)
        let file = failure { () throws(DataError) in try volumes.resolve("e") }
        #expect(file?.code == .missingImage)
        #expect(
            file?.message == "no volume 'e' (.nii, .nii.gz, or a folder of DICOM slices); "
                + "a file of exactly this name exists: leave the extension out")
    }

    @Test func aSeriesOfSlicesIsAVolume() throws {
        guard let data = sharedData("ct_totalseg") else { return }
        let labels = try table("id_code,liver\ndicom_jpeg2000,1\n", columns: ["liver"])
        let volumes = VolumeSet(
            rows: labels.rows, files: try ImageFolder(data, of: .volume).resolve(labels),
            preprocessing: try VolumePreprocessing(size: [6, 65, 65], window: VolumeWindow(low: -160, high: 240)),
            cacheByteCount: 0)
        let volume = try volumes.volume(0)
        #expect(volume.size == VolumeSize(depth: 6, height: 65, width: 65))
        // Soft tissue in the middle, air at the corners.
        #expect(Set(volume.voxels).count > 50)
        #expect(volume.voxels[0] == 0)
    }
}

/// A table of label columns from text.
private func table(_ text: String, columns: [String]) throws(DataError) -> LabelTable {
    try LabelTable(bytes: Array(text.utf8), name: "labels.csv", scheme: .columns(columns))
}
