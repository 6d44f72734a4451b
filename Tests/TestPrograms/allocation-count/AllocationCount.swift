import CAllocationCount
import Foundation
import Graph
import OnnxFormat
import Runtime
import TestSupport

/// Counts the heap allocations of `Plan.run`, in a process of its own because it replaces the C library's functions.
///
///     allocation-count [--stacks] MODEL...
///
/// A model is a file, or `unet` or `segformer` for a small one with random weights.
/// For each model, precision and number of threads one line `MODEL PRECISION THREADS onednn N openmp N other N`: who asked
/// for memory while the plan ran the third time. Free axes of inputs are 2 long. With `--stacks` standard error says where.
@main struct AllocationCount {
    static func main() {
        let paths = CommandLine.arguments.dropFirst().filter { $0 != "--stacks" }
        guard allocation_count_works() != 0 else { return print("unavailable") }
        do {
            for path in paths {
                switch path {
                case "unet": try Self.count(path, try SmallModel.unet())
                case "segformer": try Self.count(path, try SmallModel.segFormer())
                default: try Self.count(path, path)
                }
            }
        } catch {
            print("error \(error)")
            exit(1)
        }
    }

    private static func count(_ name: String, _ graph: Graph) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("allocations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Self.count(name, try OnnxWriter.write(graph: graph, symbolicBatch: "n", to: directory.path).modelPath)
    }

    private static func count(_ name: String, _ path: String) throws {
        for precision in [SessionOptions.Precision.float32, .bfloat16] {
            for threads in [1, 2] { try Self.count(name, path, SessionOptions(threads: threads, precision: precision)) }
        }
    }

    private static func count(_ name: String, _ path: String, _ options: SessionOptions) throws {
        let session = try Session(path: path, options: options)
        guard session.precision == options.precision else { return }
        var random = SeededRandom(seed: 1)
        var inputs: [String: Tensor] = [:]
        for port in session.model.inputs {
            let shape = (port.dimensions ?? []).map { dimension in
                if case .fixed(let size) = dimension { size } else { 2 }
            }
            inputs[port.name] = random.tensor(TensorType(port.dataType, shape), in: -1...1)
        }
        for _ in 0..<2 { _ = try session.runAndWait(inputs) }
        _ = try session.runAndWait(inputs) { (plan) throws(RuntimeError) in
            allocation_count_begin()
            defer {
                let counts = allocation_count_end()
                print(
                    name, options.precision.rawValue, options.threads, "onednn", counts.onednn, "openmp", counts.openmp, "other",
                    counts.other)
                if CommandLine.arguments.contains("--stacks") { allocation_count_print() }
            }
            try plan.run()
        }
    }
}
