/// The element types that families of operators take.
package enum ElementTypes {
    package static let floating: Set<DataType> = [.float32, .float64, .float16, .bfloat16]
    package static let unsignedIntegers: Set<DataType> = [.uint64, .uint32, .uint16, .uint8]
    package static let integers: Set<DataType> = unsignedIntegers.union([.int64, .int32, .int16, .int8])
    /// What arithmetic is defined on.
    package static let numeric: Set<DataType> = floating.union(integers)
    package static let signed: Set<DataType> = floating.union([.int64, .int32, .int16, .int8])
    /// What can be compared and resized.
    package static let comparable: Set<DataType> = numeric.union([.bool])
}

/// An operator without attributes that ONNX has under the same name.
package protocol PlainOnnxOperator: OnnxOperator {
    init()
}

extension PlainOnnxOperator {
    package init(onnx reader: inout OnnxReader) {
        self.init()
    }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode(self.name)) }
}

extension Operator {
    /// The type rule of an operator on one input that keeps the type.
    package func unaryType(_ inputs: [TensorType?], _ accepted: Set<DataType>) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard accepted.contains(x.dataType) else { throw GraphError(.dataType, self.name, "does not take \(x)") }
        return [x]
    }

    /// The type rule of a broadcasting operator with two inputs of one element type.
    package func broadcastType(
        _ inputs: [TensorType?], _ accepted: Set<DataType> = ElementTypes.numeric
    ) throws(GraphError) -> [TensorType] {
        let a = try self.type(inputs, 0)
        let b = try self.type(inputs, 1)
        guard a.dataType == b.dataType, accepted.contains(a.dataType) else {
            throw GraphError(.dataType, self.name, "a is \(a), b is \(b)")
        }
        return [TensorType(a.dataType, try Broadcast.shape(a.shape, b.shape, in: self.name))]
    }

    /// The type rule of a broadcasting comparison: bool for two inputs of one element type.
    package func comparisonType(
        _ inputs: [TensorType?], _ accepted: Set<DataType> = ElementTypes.numeric
    ) throws(GraphError) -> [TensorType] {
        [TensorType(.bool, try self.broadcastType(inputs, accepted)[0].shape)]
    }

    /// The type rule of a gradient kernel with two inputs of one type, which is the output's.
    package func pairType(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let a = try self.type(inputs, 0)
        let b = try self.type(inputs, 1)
        guard a == b else { throw GraphError(.shape, self.name, "\(a) and \(b) must be equal") }
        guard a.dataType == .float32 else { throw GraphError(.dataType, self.name, "does not take \(a)") }
        return [a]
    }
}

extension GradientContext {
    /// A constant of one number that broadcasts against anything.
    package mutating func scalar(_ value: Float) -> ValueID {
        self.graph.constant(Tensor([value], shape: []), name: self.node.name + "/scalar")
    }

    /// The gradient of broadcast input `index`: `make()` summed back to the input's shape, nil when it is not needed.
    package mutating func broadcastGradient(
        _ index: Int, _ make: (inout GradientContext) throws(GraphError) -> ValueID
    ) throws(GraphError) -> ValueID? {
        guard self.needs(index) else { return nil }
        let full = try make(&self)
        return try self.unbroadcast(full, to: self.type(try self.input(index)))
    }
}
