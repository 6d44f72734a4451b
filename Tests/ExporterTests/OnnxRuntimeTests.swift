import Architectures
import Exporter
import Foundation
import Graph
import Pipelines
import Runtime
import Testing

/// Exported files in ONNX Runtime. Needs the Python environment that `Scripts/test.sh` makes in `.build/onnxruntime-venv`.
struct OnnxRuntimeTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let python = root.appendingPathComponent(".build/onnxruntime-venv/bin/python").path

    @Test(arguments: [convolutional, transformer, unet, segformer, embedder, volumetric], [13, 17, 20])
    func exportedModelGivesTheSameOutputs(_ recipe: ModelRecipe, _ opset: Int) async throws {
        guard FileManager.default.isExecutableFile(atPath: Self.python) else {
            print("skipped: exported \(recipe.architecture) in ONNX Runtime: no environment with onnxruntime")
            return
        }
        let directory = try TemporaryDirectory()
        let source = try ExportSource.run(makeRun(recipe, in: directory))
        _ = try ModelExporter(source, options(in: directory) { $0.opset = opset }).run()
        let package = directory.file("models/test/1")
        let input = SeededInput(seed: 3, shape: recipe.inputShape(batch: 3)).tensor()
        let outputs = try await Session(path: "\(package)/model.onnx", threads: 2).run(["input": input])
        #expect(outputs.count == ((recipe.embedding?.labels ?? 0) > 0 ? 2 : 1))
        try Self.write(input, to: directory.file("input.npy"))
        for (name, output) in outputs {
            try Self.write(output, to: directory.file("output.npy"))
            #expect(try Self.compare(package, name, directory, tolerance: "1e-4") == 0, "\(name)")
        }
        let output = try #require(outputs["output"])
        // The comparison can fail: one number that is off by a part in a hundred is found.
        let scale = output.array(of: Float.self).map(abs).max() ?? 1
        output.withElements(as: Float.self) { $0[0] += 0.01 * scale }
        try Self.write(output, to: directory.file("output.npy"))
        #expect(try Self.compare(package, "output", directory, tolerance: "1e-4") == 1)
    }

    /// Exit code of the comparison script.
    private static func compare(
        _ package: String, _ output: String, _ directory: TemporaryDirectory, tolerance: String
    ) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: self.python)
        process.arguments = [
            self.root.appendingPathComponent("Benchmarks/peers/ort_compare.py").path, package, directory.file("input.npy"),
            directory.file("output.npy"), tolerance, "--output", output,
        ]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// NumPy's format 1.0 (float32, row-major).
    private static func write(_ tensor: Tensor, to path: String) throws {
        let shape = tensor.shape.map { "\($0)," }.joined(separator: " ")
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape)), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
        tensor.withElements(as: Float.self) { bytes += UnsafeRawBufferPointer($0).map { $0 } }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
