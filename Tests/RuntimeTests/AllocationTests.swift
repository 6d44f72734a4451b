import Foundation
import Testing

/// What the runtime allocates while a plan runs, counted by a program that replaces the C library's functions.
@Suite struct AllocationTests {
    private static let small =
        ["unet", "segformer"]
        + [
            "resnet_batchnorm", "resnet_folded", "vit_opset20", "vit_transformers", "vit_fused_attention", "efficientnet",
            "convnext", "volume",
        ].map { GoldenFolder.models.appendingPathComponent("\($0).onnx").path }

    private struct Line {
        let model: String
        let precision: String
        let counts: [String: Int]

        /// `MODEL PRECISION THREADS NAME COUNT...`
        init?(_ text: Substring) {
            let words = text.split(separator: " ").map(String.init)
            guard words.count == 9 else { return nil }
            self.model = words[0]
            self.precision = words[1]
            self.counts = Dictionary(
                uniqueKeysWithValues: stride(from: 3, to: 9, by: 2).map { (words[$0], Int(words[$0 + 1]) ?? -1) })
        }
    }

    private static func count(_ models: [String]) throws -> String {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0])
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("allocation-count")
        process.arguments = models
        // Other tests run beside this one; threads that wait must not hold the cores.
        process.environment = ProcessInfo.processInfo.environment.merging(["GOMP_SPINCOUNT": "1000"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// An unoptimised program allocates for iterators, which the compiler leaves out of others.
    private static var isOptimised: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }

    /// Large models that `make bench-peers` has exported, where there are any.
    private static let large = ["resnet50", "vit_s", "effnet_b3", "segformer_b0"].map { name in
        GoldenFolder.models.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(".build/bench-models/\(name).onnx").path
    }.filter(FileManager.default.fileExists)

    @Test func runningAllocatesNothingOfOurs() throws {
        guard Self.isOptimised else {
            print("skipped: allocations are counted in optimised programs")
            return
        }
        let models = Self.small + Self.large
        let text = try Self.count(models)
        guard text != "unavailable\n" else {
            print("skipped: a sanitizer has replaced the functions that allocate")
            return
        }
        let lines = text.split(separator: "\n").compactMap(Line.init)
        #expect(lines.filter { $0.precision == "float32" }.count == 2 * models.count, "\(text)")
        for line in lines {
            #expect(line.counts["other"] == 0 && line.counts["openmp"] == 0, "\(line)")
        }
        // oneDNN copies the arguments of a primitive whenever one is executed; see docs/decisions/0012.
        #expect(lines.contains { ($0.counts["onednn"] ?? 0) > 0 })
    }
}
