import Checkpoints
import Foundation
import Graph
import OnnxFormat
import Runtime
import TestSupport
import Testing

/// Models written by other programs give ONNX Runtime's numbers, fused and not.
@Suite struct ForeignModelTests {
    struct Model: Decodable, Sendable, CustomStringConvertible {
        let model: String
        let tensors: String
        let opset: Int?

        var description: String { self.model }
    }

    private struct List: Decodable {
        let models: [Model]
    }

    static let models =
        (try? JSONDecoder().decode(List.self, from: Data(contentsOf: GoldenFolder.models.appendingPathComponent("models.json"))))?
        .models ?? []

    @Test func theListIsThere() {
        #expect(Self.models.count >= 13)
    }

    @Test(arguments: models) func outputsEqualOnnxRuntime(_ model: Model) async throws {
        let session = try Session(path: GoldenFolder.models.appendingPathComponent(model.model).path, threads: 2)
        let golden = try Safetensors.read(GoldenFolder.models.appendingPathComponent(model.tensors).path).tensors
        let inputs = Self.part(golden, "input.")
        let outputs = try await session.run(inputs)
        let expected = Self.part(golden, "output.")
        #expect(!expected.isEmpty)
        for (name, tensor) in expected {
            let actual = try #require(outputs[name], "\(model): output \(name)")
            let largest = tensor.doubles.map(abs).max() ?? 1
            let tolerance = Tolerance(absolute: 1e-5 * largest, relative: 1e-4)
            #expect(tolerance.mismatch(actual.doubles, tensor.doubles, "\(model) \(name)") == nil)
        }
    }

    @Test(arguments: models) func everyNodeIsTracedByName(_ model: Model) throws {
        let session = try Session(path: GoldenFolder.models.appendingPathComponent(model.model).path, threads: 1)
        let golden = try Safetensors.read(GoldenFolder.models.appendingPathComponent(model.tensors).path).tensors
        let trace = try session.trace(Self.part(golden, "input."))
        let expected = try #require(Self.part(golden, "output.").first?.value)
        let last = try #require(trace.last?.tensors.first)
        #expect(last.shape == expected.shape)
        #expect(Tolerance(absolute: 1e-5, relative: 1e-4).mismatch(last.doubles, expected.doubles, model.model) == nil)
        #expect(Set(trace.map(\.node)).count == trace.count)
    }

    private static func part(_ tensors: [String: Tensor], _ prefix: String) -> [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: tensors.filter { $0.key.hasPrefix(prefix) }.map {
                (String($0.key.dropFirst(prefix.count)), $0.value)
            })
    }
}
