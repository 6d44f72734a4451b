import Foundation
import Graph
import Metrics
import OnnxFormat
import Runtime

/// Damaged copies of models, those of the node tests for one, by number; a seed and a number always give the same one.
package final class Mutants {
    /// What became of one.
    package enum Outcome: Sendable {
        case refused(reason: String)
        case ran

        package var word: String {
            switch self {
            case .refused: "refused"
            case .ran: "ran"
            }
        }
    }

    /// A model that is damaged.
    private struct Original {
        let name: String
        let path: String
        /// Has inputs for it.
        let nodeCase: NodeCase?
    }

    private let originals: [Original]
    private let seed: UInt64
    private let scratch: URL
    private var models: [Int: [UInt8]] = [:]

    /// Small enough that what is within them runs in no time.
    private static let limits = OnnxLimits {
        $0.elements = 1 << 14
        $0.nodes = 1 << 11
        $0.unrolledNodes = 1 << 11
        $0.stages = 64
        $0.runBytes = 1 << 26
        $0.expandedBytes = 1 << 25
    }

    /// - Parameter directories: hold node tests, as for `NodeCase.all`, or model files.
    package init(directories: [String], seed: UInt64) throws {
        self.originals = try directories.flatMap { try Self.originals(in: $0) }
        self.seed = seed
        self.scratch = FileManager.default.temporaryDirectory.appendingPathComponent("mutants-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.scratch, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(at: self.scratch) }

    private static func originals(in directory: String) throws -> [Original] {
        let cases = try NodeCase.all(in: directory).map { Original(name: $0.name, path: $0.modelPath, nodeCase: $0) }
        let files = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".onnx") }.sorted()
        return cases + files.map { Original(name: $0, path: "\(directory)/\($0)", nodeCase: nil) }
    }

    /// Whether there is anything to damage.
    package var isEmpty: Bool { self.originals.isEmpty }

    /// Which model a mutant is made of and how.
    package func description(of number: Int) -> String {
        var random = SplitMix64(seed: self.seed, stream: UInt64(number))
        let plan = self.plan(&random)
        return "\(self.originals[plan.model].name) \(plan.mutations.map { "\($0)" }.joined(separator: "+"))"
    }

    /// The bytes of a mutant, for a file of its own.
    package func bytes(of number: Int) throws -> [UInt8] {
        var random = SplitMix64(seed: self.seed, stream: UInt64(number))
        return try self.mutant(&random).bytes
    }

    /// Loads a mutant and, when it loads, runs it once.
    package func run(_ number: Int) throws -> Outcome {
        var random = SplitMix64(seed: self.seed, stream: UInt64(number))
        let (bytes, model) = try self.mutant(&random)
        let file = self.scratch.appendingPathComponent("\(number).onnx")
        defer { unlink(file.path) }
        try Data(bytes).write(to: file)
        do {
            let session = try Session(path: file.path, threads: 1, limits: Self.limits)
            var inputs: [String: Tensor] = [:]
            for (index, port) in session.model.inputs.enumerated() {
                inputs[port.name] = try self.input(self.originals[model].nodeCase, index, port, &random)
            }
            _ = try session.runAndWait(inputs)
            return .ran
        } catch let error as RuntimeError {
            return .refused(reason: error.description)
        } catch let error as OnnxError {
            return .refused(reason: error.description)
        }
    }

    private func plan(_ random: inout SplitMix64) -> (model: Int, other: Int, mutations: [Mutation]) {
        let model = random.below(self.originals.count)
        let other = random.below(self.originals.count)
        // What the protobuf decoder already refuses says nothing about what comes behind it.
        let kinds = random.below(5) == 0 ? Mutation.raw : Mutation.structural
        let mutations = (0...random.below(2)).map { _ in kinds[random.below(kinds.count)] }
        return (model, other, mutations)
    }

    private func mutant(_ random: inout SplitMix64) throws -> (bytes: [UInt8], model: Int) {
        let plan = self.plan(&random)
        var bytes = try self.model(plan.model)
        if random.below(2) == 0 { bytes = WireTree(bytes, .model).withoutDeclaredShapes }
        let other = try self.model(plan.other)
        for mutation in plan.mutations { bytes = mutation.applied(to: bytes, other: other, .model, &random) }
        return (bytes, plan.model)
    }

    private func model(_ index: Int) throws -> [UInt8] {
        if let known = self.models[index] { return known }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: self.originals[index].path)))
        self.models[index] = bytes
        return bytes
    }

    /// The case's own input where it fits what the mutant wants, else numbers of the wanted type; some of them extreme.
    private func input(_ nodeCase: NodeCase?, _ index: Int, _ port: OnnxPort, _ random: inout SplitMix64) throws -> Tensor {
        let own = nodeCase.flatMap { try? OnnxFile.tensor($0.inputPath(index), limits: Self.limits).tensor }
        let tensor: Tensor
        if let own, own.type.dataType == port.dataType, port.fits(own.shape), random.below(8) > 0 {
            tensor = own.copied()
        } else {
            let dimensions = port.dimensions ?? (0..<random.below(5)).map { _ in .unknown }
            let shape = dimensions.map { dimension in
                if case .fixed(let size) = dimension { size } else { random.below(5) }
            }
            guard let count = TensorType.checkedElementCount(shape), count <= Self.limits.elements else {
                throw OnnxError(.tooLarge, port.name, "\(shape)")
            }
            tensor = Tensor(zeros: TensorType(port.dataType, shape))
        }
        // Elements below eight bits and truth values have a range of their own.
        guard random.below(2) == 0, tensor.type.byteCount > 0, tensor.type.dataType.fileBitCount >= 8,
            tensor.type.dataType != .bool
        else { return tensor }
        let width = tensor.type.dataType.byteCount
        for _ in 0...random.below(3) {
            let place = random.below(tensor.type.elementCount) * width
            withUnsafeBytes(of: Extremes.integer(&random)) { word in
                (tensor.rawPointer + place).copyMemory(from: word.baseAddress.unsafelyUnwrapped, byteCount: width)
            }
        }
        return tensor
    }
}

extension OnnxPort {
    fileprivate func fits(_ shape: [Int]) -> Bool {
        guard let dimensions = self.dimensions else { return true }
        return dimensions.count == shape.count
            && zip(dimensions, shape).allSatisfy { dimension, size in
                if case .fixed(let wanted) = dimension { wanted == size } else { true }
            }
    }
}
