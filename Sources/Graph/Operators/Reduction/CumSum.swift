/// Running sums along an axis. ONNX `CumSum` 14.
package struct CumSum: OnnxOperator {
    package static let schema = OperatorSchema("CumSum", inputs: ["x"])

    /// Possibly negative.
    package let axis: Int
    /// The sum of the elements before, without the element itself.
    package let isExclusive: Bool
    /// From the end.
    package let isReverse: Bool

    package init(axis: Int, isExclusive: Bool = false, isReverse: Bool = false) {
        self.axis = axis
        self.isExclusive = isExclusive
        self.isReverse = isReverse
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let axis = try reader.constantInts(input: 1), axis.count == 1 else {
            throw GraphError(.arity, "CumSum", "axis must be one number")
        }
        self.init(
            axis: axis[0], isExclusive: try reader.int("exclusive") ?? 0 != 0, isReverse: try reader.int("reverse") ?? 0 != 0)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, ElementTypes.ordered)[0]
        _ = try self.normalizedAxis(self.axis, rank: x.rank)
        return [x]
    }

    package var gradient: Gradient {
        let turned = CumSum(axis: self.axis, isExclusive: self.isExclusive, isReverse: !self.isReverse)
        return .rule { (context) throws(GraphError) in [try context.emit(turned, try context.dy())] }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(
            OnnxNode(
                "CumSum", [("exclusive", .int(self.isExclusive ? 1 : 0)), ("reverse", .int(self.isReverse ? 1 : 0))],
                constants: [Tensor([Int64(self.axis)], shape: [])]))
    }
}
