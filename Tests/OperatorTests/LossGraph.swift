import Graph
import TestSupport
import Testing

/// A loss made of several operators: its value and its gradients.
struct LossGraph {
    var graph = Graph()
    private(set) var bindings: [String: Tensor] = [:]
    private var loss: ValueID?

    /// Adds a tensor that the loss depends on.
    mutating func add(_ name: String, _ tensor: Tensor) -> ValueID {
        self.bindings[name] = tensor
        return self.graph.parameter(name, tensor.type)
    }

    /// Says which value is the loss.
    mutating func finish(_ loss: ValueID) {
        self.loss = loss
        self.graph.output("loss", loss)
    }

    /// The loss by the references of all operators.
    func value(_ bindings: [String: Tensor]) throws -> Double {
        let result = try GraphEvaluator(implementation: "reference").run(self.graph, bindings)
        return try #require(result["loss"]).doubles[0]
    }

    /// The loss and the gradients of named parameters, times `upstream`, by the best kernels.
    func gradients(of names: [String], upstream: Float = 1) throws -> (loss: Tensor, gradients: [String: Tensor]) {
        let loss = try #require(self.loss)
        let ids = try names.map { try #require(self.graph.parameter(named: $0)) }
        var graph = self.graph
        let seed = graph.constant(Tensor([upstream], shape: []), name: "upstream")
        let result = try graph.differentiated(loss, withRespectTo: Set(ids), seed: seed)
        var full = result.graph
        for (name, id) in zip(names, ids) { full.output("d." + name, try #require(result.gradients[id])) }
        let values = try GraphEvaluator().run(full, self.bindings)
        var gradients: [String: Tensor] = [:]
        for name in names {
            let gradient: Tensor = try #require(values["d." + name])
            gradients[name] = gradient
        }
        return (try #require(values["loss"]), gradients)
    }

    /// The gradient of a parameter against central differences of the references; nil, or what is wrong.
    func mismatch(
        _ name: String, step: Float = 1.0 / 64, tolerance: Tolerance = Tolerance(absolute: 1e-4, relative: 5e-3)
    ) throws -> String? {
        let gradient = try #require(try self.gradients(of: [name]).gradients[name])
        let values = try #require(self.bindings[name]).array(of: Float.self)
        var bindings = self.bindings
        let expected = try values.indices.map { index in
            var sides: [Double] = []
            for value in [values[index] + step, values[index] - step] {
                var moved = values
                moved[index] = value
                bindings[name] = Tensor(moved, shape: gradient.shape)
                sides.append(try self.value(bindings))
            }
            return (sides[0] - sides[1]) / (Double(values[index] + step) - Double(values[index] - step))
        }
        return tolerance.mismatch(gradient.doubles, expected, "gradient of \(name)")
    }
}
