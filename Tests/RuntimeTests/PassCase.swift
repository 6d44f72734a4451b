import Graph
import TestSupport

/// A small graph for one pass, and the text of what the pass makes of it.
struct PassCase: Sendable, CustomStringConvertible {
    let pass: Pass
    let graph: Graph
    let expected: String

    /// - Parameter build: fills the graph.
    init(_ pass: Pass, _ build: (inout Graph) throws -> Void, expected: String) {
        self.pass = pass
        self.expected = expected
        var graph = Graph()
        do {
            try build(&graph)
        } catch {
            preconditionFailure("the graph for \(pass.name) is wrong: \(error)")
        }
        self.graph = graph
    }

    var description: String { self.pass.name }

    /// Numbers -1 to 1 that are the same for each name.
    static func weights(_ shape: [Int], in range: ClosedRange<Float> = -1...1, seed: UInt64 = 3) -> Tensor {
        var random = SeededRandom(seed: seed)
        return random.tensor(TensorType(.float32, shape), in: range)
    }
}

extension Graph {
    mutating func float(_ name: String, _ shape: [Int]) -> ValueID { self.input(name, TensorType(.float32, shape)) }

    mutating func number(_ value: Float, name: String) -> ValueID { self.constant(Tensor([value], shape: []), name: name) }

    /// A constant with seeded elements.
    mutating func weight(_ name: String, _ shape: [Int], in range: ClosedRange<Float> = -1...1) -> ValueID {
        self.constant(PassCase.weights(shape, in: range), name: name)
    }

    /// A batch normalisation by constants.
    mutating func normalized(_ x: ValueID, channels: Int, name: String) throws -> ValueID {
        let scale = self.weight("\(name).scale", [channels], in: 0.5...2)
        let rest = [self.weight("\(name).bias", [channels]), self.weight("\(name).mean", [channels])]
        let variance = self.weight("\(name).variance", [channels], in: 0.1...3)
        return try self.append(BatchNormalization(epsilon: 1e-3), [x, scale] + rest + [variance], name: name)[0]
    }
}
