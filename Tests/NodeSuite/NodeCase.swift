import Foundation
import Graph
import Kernels
import OnnxFormat
import Runtime

/// One case of the node tests that the ONNX package carries: a model, inputs, and the outputs that they must give.
package struct NodeCase: Sendable, CustomStringConvertible {
    package let name: String
    private let directory: URL

    /// The cases below a directory, by name.
    package static func all(in directory: String) throws -> [NodeCase] {
        let root = URL(fileURLWithPath: directory)
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            .map { NodeCase(name: $0, directory: root.appendingPathComponent($0)) }
            .filter { FileManager.default.fileExists(atPath: $0.modelPath) }
    }

    package var description: String { self.name }

    package var modelPath: String { self.directory.appendingPathComponent("model.onnx").path }

    /// The file of an input of the first data set.
    package func inputPath(_ index: Int) -> String {
        self.directory.appendingPathComponent("test_data_set_0/input_\(index).pb").path
    }

    /// The operator of a model with one node; `several` for others, `unreadable` where the file is refused.
    package var operation: String {
        guard let model = try? OnnxFile.read(self.modelPath) else { return "unreadable" }
        let counts = model.operatorCounts
        return counts.count == 1 && counts.first?.value == 1 ? counts.first?.key ?? "several" : "several"
    }

    /// How a stage of a model is computed.
    package enum Way: Sendable {
        /// As a file's model is.
        case session
        /// Each stage's graph is written as ONNX first, read again and then run.
        case written
    }

    /// Runs every data set of the case. Nil when all outputs are as they must be, else what is wrong.
    package func failure(_ way: Way = .session, threads: Int = 1) -> String? {
        do {
            let sets = try FileManager.default.contentsOfDirectory(atPath: self.directory.path)
                .filter { $0.hasPrefix("test_data_set_") }.sorted()
            guard !sets.isEmpty else { return "no data" }
            for set in sets {
                if let failure = try self.failure(of: self.directory.appendingPathComponent(set), way, threads: threads) {
                    return failure
                }
            }
            return nil
        } catch {
            return "\(error)".replacing("\(self.modelPath): ", with: "")
        }
    }

    private func failure(of set: URL, _ way: Way, threads: Int) throws -> String? {
        let session = try Session(path: self.modelPath, threads: threads)
        var inputs: [String: Tensor] = [:]
        for (index, port) in session.model.inputs.enumerated() {
            inputs.merge(try port.tensors(set.appendingPathComponent("input_\(index).pb").path)) { $1 }
        }
        let outputs =
            switch way {
            case .session: try session.runAndWait(inputs)
            case .written: try WrittenModel(session.model, threads: threads).run(inputs)
            }
        for (index, port) in session.model.outputs.enumerated() {
            let path = set.appendingPathComponent("output_\(index).pb").path
            guard FileManager.default.fileExists(atPath: path) else { continue }
            let expected = try port.tensors(path)
            let names = port.names(among: Set(outputs.keys))
            guard names.count == expected.count else { return "\(port.name) is \(names.count) tensors, not \(expected.count)" }
            for name in names {
                guard let actual = outputs[name], let wanted = expected[name] else { return "output \(name) is absent" }
                if let difference = Self.difference(actual, wanted) { return "\(name): \(difference)" }
            }
        }
        return nil
    }

    /// The suite's own bounds: relative 1e-3, absolute 1e-7; NaN equals NaN; integers exactly.
    static func difference(_ actual: Tensor, _ expected: Tensor) -> String? {
        guard actual.type == expected.type else { return "is \(actual.type), must be \(expected.type)" }
        let access = ElementAccess(expected.type.dataType)
        for index in 0..<expected.type.elementCount {
            if access.isFloating {
                let (a, e) = (access.double(actual.rawPointer, index), access.double(expected.rawPointer, index))
                let isEqual = a == e || (a.isNaN && e.isNaN) || (e.isFinite && abs(a - e) <= 1e-7 + 1e-3 * abs(e))
                if !isEqual { return "element \(index) is \(a), must be \(e)" }
            } else {
                let (a, e) = (access.integer(actual.rawPointer, index), access.integer(expected.rawPointer, index))
                if a != e { return "element \(index) is \(a), must be \(e)" }
            }
        }
        return nil
    }
}

/// A model that goes through our own writer before it runs.
private struct WrittenModel {
    private let model: OnnxModel
    private let threads: Int

    init(_ model: OnnxModel, threads: Int) {
        self.model = model
        self.threads = threads
    }

    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        var stage = try self.model.stage(inputs: inputs.mapValues(\.shape), operators: OperatorTable.all)
        var values = inputs
        while true {
            values = try self.run(stage.graph, values)
            guard let wanted = stage.wanted, let value = values[wanted] else { return values }
            stage = try stage.next(value)
        }
    }

    private func run(_ graph: Graph, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let opset = max(self.model.opset, 17)
        let written = try OnnxWriter.write(graph: graph, opset: opset, to: directory.path)
        let session = try Session(path: written.modelPath, threads: self.threads)
        let names = Set(session.model.inputs.map(\.name))
        return try session.runAndWait(inputs.filter { names.contains($0.key) })
    }
}
