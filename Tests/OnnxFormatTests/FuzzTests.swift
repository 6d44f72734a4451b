import Foundation
import Graph
import OnnxFormat
import Testing

/// Truncations and bit flips of valid models: a graph or an error, never a trap.
@Suite struct FuzzTests {
    /// Reads bytes as a model; whether they made a graph.
    static func answer(_ bytes: Data, in root: TemporaryDirectory) throws -> Bool {
        let path = try root.write(bytes, "inside/fuzz.onnx")
        do throws(OnnxError) {
            let graph = try OnnxFile.read(path).graph(binding: ["n": 2], operators: MaliciousTests.operators)
            return !graph.outputs.isEmpty
        } catch {
            return false
        }
    }

    static let seeds = ["valid", "exporter_chain", "exporter_expand", "slice_extremes", "dropout", "exporter_scale"]

    @Test(arguments: seeds) func truncations(_ seed: String) throws {
        let root = try MaliciousTests.makeRoot()
        let bytes = try root.read("inside/\(seed).onnx")
        #expect(try Self.answer(bytes, in: root))
        for count in 0..<bytes.count { _ = try Self.answer(bytes.prefix(count), in: root) }
        #expect(try !Self.answer(bytes.prefix(bytes.count / 2), in: root))
    }

    @Test(arguments: seeds.prefix(3)) func bitFlips(_ seed: String) throws {
        let root = try MaliciousTests.makeRoot()
        let original = try root.read("inside/\(seed).onnx")
        var refused = 0
        for index in original.indices {
            for bit in 0..<8 {
                var bytes = original
                bytes[index] ^= 1 << bit
                if try !Self.answer(bytes, in: root) { refused += 1 }
            }
        }
        #expect(refused > original.count)
    }

    @Test(arguments: seeds.suffix(3)) func bytesSetToExtremes(_ seed: String) throws {
        let root = try MaliciousTests.makeRoot()
        let original = try root.read("inside/\(seed).onnx")
        var answers = 0
        for index in original.indices {
            for run in [1, 9] where index + run <= original.endIndex {
                for value in [UInt8(0x7F), 0xFF] {
                    var bytes = original
                    bytes.replaceSubrange(index..<index + run, with: repeatElement(value, count: run))
                    _ = try Self.answer(bytes, in: root)
                    answers += 1
                }
            }
        }
        #expect(answers > original.count)
    }
}
