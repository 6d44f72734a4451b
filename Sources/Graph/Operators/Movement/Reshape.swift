/// The same elements under another shape. ONNX `Reshape` 14.
package struct Reshape: OnnxOperator, ViewOperator {
    package static let schema = OperatorSchema("Reshape", inputs: ["data"])

    /// The wanted sizes: 0 keeps the input's size at that position, one -1 takes what remains.
    package let shape: [Int]
    /// A 0 is the size 0.
    package let allowsZero: Bool

    package init(_ shape: [Int], allowsZero: Bool = false) {
        self.shape = shape
        self.allowsZero = allowsZero
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let shape = try reader.constantInts(input: 1) else {
            throw GraphError(.arity, "Reshape", "shape is absent")
        }
        self.init(shape, allowsZero: try reader.int("allowzero") ?? 0 != 0)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let input = try self.type(inputs, 0)
        var result: [Int] = []
        for (axis, size) in self.shape.enumerated() {
            let isKept = size == 0 && !self.allowsZero
            guard size >= -1, !isKept || axis < input.rank else {
                throw GraphError(.attribute, "Reshape", "\(size) at axis \(axis) for \(input)")
            }
            result.append(isKept ? input.shape[axis] : size)
        }
        // The sizes may come from a file: their product must not trap.
        guard let known = TensorType.checkedElementCount(result.filter { $0 != -1 }) else {
            throw GraphError(.shape, "Reshape", "\(input) does not fill \(self.shape)")
        }
        switch result.count(where: { $0 == -1 }) {
        case 0: break
        case 1:
            guard known > 0, input.elementCount % known == 0, let axis = result.firstIndex(of: -1) else {
                throw GraphError(.shape, "Reshape", "\(input) does not fill \(self.shape)")
            }
            result[axis] = input.elementCount / known
        default: throw GraphError(.attribute, "Reshape", "more than one -1 in \(self.shape)")
        }
        guard TensorType.checkedElementCount(result) == input.elementCount else {
            throw GraphError(.shape, "Reshape", "\(input) does not fill \(self.shape)")
        }
        return [TensorType(input.dataType, result)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(Reshape(context.type(try context.input(0)).shape), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        let zero: [(name: String, value: OnnxValue)] = self.allowsZero ? [("allowzero", .int(1))] : []
        guard zero.isEmpty || opset >= 14 else { return .none(reason: "sizes of 0 need opset 14") }
        return .node(OnnxNode("Reshape", zero, constants: [Tensor(axes: self.shape)]))
    }
}
