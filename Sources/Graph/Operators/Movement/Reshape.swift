/// The same elements under another shape. ONNX `Reshape` 13.
package struct Reshape: OnnxOperator, ViewOperator {
    package static let schema = OperatorSchema("Reshape", inputs: ["data"])

    /// The wanted sizes: 0 keeps the input's size at that position, one -1 takes what remains.
    package let shape: [Int]

    package init(_ shape: [Int]) {
        self.shape = shape
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let shape = try reader.constantInts(input: 1) else {
            throw GraphError(.arity, "Reshape", "shape is absent")
        }
        guard try reader.int("allowzero") ?? 0 == 0 else {
            throw GraphError(.unsupported, "Reshape", "allowzero = 1")
        }
        self.shape = shape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let input = try self.type(inputs, 0)
        var result: [Int] = []
        for (axis, size) in self.shape.enumerated() {
            guard size >= -1, size != 0 || axis < input.rank else {
                throw GraphError(.attribute, "Reshape", "\(size) at axis \(axis) for \(input)")
            }
            result.append(size == 0 ? input.shape[axis] : size)
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
        .node(OnnxNode("Reshape", constants: [Tensor(self.shape.map { Int64($0) }, shape: [self.shape.count])]))
    }
}
