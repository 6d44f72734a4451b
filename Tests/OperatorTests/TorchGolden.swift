import Foundation
import Graph

/// The golden cases of operators that ONNX does not have, computed by PyTorch in float64 (`Scripts/golden/operators.py`).
struct TorchGolden: Sendable, CustomStringConvertible {
    let name: String
    let operation: String
    /// Numbers among the attributes.
    let attributes: [String: Double]
    /// Inputs and their expected gradients, where there are any.
    let inputs: [(name: String, tensor: Tensor, gradient: Tensor?)]
    /// Outputs and the gradients that flow into them.
    let outputs: [(tensor: Tensor, upstream: Tensor?)]

    var description: String { "\(self.operation) \(self.name)" }

    func input(_ name: String) -> Tensor? { self.inputs.first { $0.name == name }?.tensor }

    /// All cases of one operator.
    static func load(_ operation: String) throws -> [TorchGolden] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder = tests.appending(path: "Golden/operators")
        let index = try JSONDecoder().decode(Index.self, from: Data(contentsOf: folder.appending(path: "operators.json")))
        return try index.cases.filter { $0.operator == operation }.map { entry in
            let file = try TensorFile(folder.appending(path: entry.file))
            return TorchGolden(
                name: entry.case, operation: operation, attributes: entry.attributes.compactMapValues(\.number),
                inputs: try entry.inputs.compactMap { input in
                    guard let tensor = input.tensor else { return nil }
                    return (input.name, try file.tensor(tensor), try input.gradient.map(file.tensor))
                },
                outputs: try entry.outputs.map { (try file.tensor($0.tensor), try $0.upstream.map(file.tensor)) })
        }
    }

    private struct Index: Decodable {
        let cases: [Entry]
    }

    private struct Entry: Decodable {
        let `case`: String
        let `operator`: String
        let file: String
        let attributes: [String: Attribute]
        let inputs: [Input]
        let outputs: [Output]
    }

    private struct Input: Decodable {
        let name: String
        let tensor: String?
        let gradient: String?
    }

    private struct Output: Decodable {
        let tensor: String
        let upstream: String?
    }

    /// An attribute of any type; only numbers matter here.
    private struct Attribute: Decodable {
        let number: Double?

        init(from decoder: any Decoder) throws {
            self.number = try? decoder.singleValueContainer().decode(Double.self)
        }
    }
}

/// A safetensors file of float32 and int64 tensors.
private struct TensorFile {
    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    private struct Missing: Error {
        let name: String
    }

    private let entries: [String: Entry]
    private let bytes: Data

    init(_ url: URL) throws {
        let data = try Data(contentsOf: url)
        let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: data[8..<(8 + length)]) as? [String: Any] ?? [:]
        let tensors = try JSONSerialization.data(withJSONObject: header.filter { $0.key != "__metadata__" })
        self.entries = try JSONDecoder().decode([String: Entry].self, from: tensors)
        self.bytes = data[(8 + length)...]
    }

    func tensor(_ name: String) throws -> Tensor {
        guard let entry = self.entries[name], ["F32", "I64"].contains(entry.dtype) else { throw Missing(name: name) }
        let tensor = Tensor(zeros: TensorType(entry.dtype == "F32" ? .float32 : .int64, entry.shape))
        let start = self.bytes.startIndex
        _ = self.bytes[(start + entry.data_offsets[0])..<(start + entry.data_offsets[1])].copyBytes(to: tensor.storage.bytes)
        return tensor
    }
}
