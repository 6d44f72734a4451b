/// What an operator means: its schema, types, gradient and ONNX spelling. How it is computed is said elsewhere, by a
/// conformance to `Executable`.
///
/// An operator is a value with typed attributes; two equal values mean the same computation.
package protocol Operator: Sendable {
    static var schema: OperatorSchema { get }

    /// The types of the outputs for inputs of these types; an absent optional input is nil.
    /// The caller has checked the number of inputs against the schema.
    func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType]

    var gradient: Gradient { get }

    /// How the operator is written in an ONNX file of this opset.
    func onnx(opset: Int) -> OnnxSpelling
}

/// An operator whose output 0 has the bytes of its input 0 under another shape: nothing needs to be computed.
package protocol ViewOperator: Operator {}

/// Name and arity of an operator.
package struct OperatorSchema: Sendable, Hashable {
    /// As ONNX spells it where ONNX has the operator.
    package let name: String
    /// Names of the required inputs, in order.
    package let inputs: [String]
    /// Names of the optional inputs that follow the required ones.
    package let optional: [String]
    /// The last required input may be repeated.
    package let isVariadic: Bool
    package let outputs: [String]

    package init(
        _ name: String, inputs: [String], optional: [String] = [], isVariadic: Bool = false, outputs: [String] = ["y"]
    ) {
        self.name = name
        self.inputs = inputs
        self.optional = optional
        self.isVariadic = isVariadic
        self.outputs = outputs
    }

    /// Checks the number of inputs and the presence of the required ones.
    package func check(_ inputs: [TensorType?]) throws(GraphError) {
        let most = self.isVariadic ? Int.max : self.inputs.count + self.optional.count
        guard inputs.count >= self.inputs.count, inputs.count <= most else {
            throw GraphError(.arity, self.name, "takes \(self.inputs.count)...\(most) inputs, got \(inputs.count)")
        }
        for (index, type) in inputs.enumerated() where type == nil {
            guard index >= self.inputs.count, !self.isVariadic else {
                throw GraphError(.arity, self.name, "required input \(index) is absent")
            }
        }
    }
}

/// How an operator is differentiated. Every operator must say.
package enum Gradient: Sendable {
    /// No gradient; the text says why.
    case none(reason: String)
    /// Emits the gradient graph and returns one gradient per input, nil where `needs` said no or none exists.
    case rule(@Sendable (inout GradientContext) throws(GraphError) -> [ValueID?])
}

extension Operator {
    package var name: String { Self.schema.name }

    /// The type of a required input.
    package func type(_ inputs: [TensorType?], _ index: Int) throws(GraphError) -> TensorType {
        guard index < inputs.count, let type = inputs[index] else {
            throw GraphError(.arity, self.name, "input \(index) is absent")
        }
        return type
    }

    /// The type of an optional input, nil when it is absent.
    package func optionalType(_ inputs: [TensorType?], _ index: Int) -> TensorType? {
        index < inputs.count ? inputs[index] : nil
    }

    /// Turns a possibly negative axis into `0..<rank`.
    package func normalizedAxis(_ axis: Int, rank: Int) throws(GraphError) -> Int {
        guard axis >= -rank, axis < rank else {
            throw GraphError(.attribute, self.name, "axis \(axis) is outside -\(rank)..<\(rank)")
        }
        return axis < 0 ? axis + rank : axis
    }
}

/// An operator that gives new values of some of its inputs element by element (an optimizer step, running statistics),
/// so that an output may be written over the input it renews.
package protocol UpdatingOperator: Operator {
    /// Output index to the input that it renews.
    static var renewedInputs: [Int: Int] { get }
}
