/// Matrix product of the last two axes, the leading ones broadcast; a 1-D operand is a row (left) or column (right)
/// whose axis disappears. Numbers of one type. ONNX `MatMul` 13.
package struct MatMul: OnnxOperator {
    package static let schema = OperatorSchema("MatMul", inputs: ["a", "b"])

    package init() {}

    package init(onnx reader: inout OnnxReader) {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let a = try self.type(inputs, 0)
        let plan = try MatrixProduct(a, try self.type(inputs, 1), in: self.name)
        return [TensorType(a.dataType, plan.outputShape)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let a = try context.input(0)
            let b = try context.input(1)
            let plan = try MatrixProduct(context.type(a), context.type(b), in: "MatMul")
            let left = try context.reshaped(a, to: plan.left)
            let right = try context.reshaped(b, to: plan.right)
            let dy = try context.reshaped(try context.dy(), to: plan.batch + [plan.m, plan.n])
            return [
                context.needs(0) ? try context.leftGradient(dy, right, of: a, as: plan.left) : nil,
                context.needs(1) ? try context.rightGradient(left, dy, of: b, as: plan.right) : nil,
            ]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("MatMul")) }
}

extension GradientContext {
    fileprivate mutating func reshaped(_ value: ValueID, to shape: [Int]) throws(GraphError) -> ValueID {
        self.type(value).shape == shape ? value : try self.emit(Reshape(shape), value)
    }

    fileprivate mutating func swapped(_ value: ValueID) throws(GraphError) -> ValueID {
        let rank = self.type(value).rank
        return try self.emit(Transpose(permutation: Array(0..<(rank - 2)) + [rank - 1, rank - 2]), value)
    }

    /// `dy bᵀ`, summed over broadcast leading axes.
    fileprivate mutating func leftGradient(
        _ dy: ValueID, _ right: ValueID, of a: ValueID, as shape: [Int]
    ) throws(GraphError) -> ValueID {
        let product = try self.emit(MatMul(), dy, try self.swapped(right))
        let sum = try self.unbroadcast(product, to: TensorType(.float32, shape))
        return try self.reshaped(sum, to: self.type(a).shape)
    }

    /// `aᵀ dy`, summed over broadcast leading axes; one two-dimensional product when `b` is a plain matrix.
    fileprivate mutating func rightGradient(
        _ left: ValueID, _ dy: ValueID, of b: ValueID, as shape: [Int]
    ) throws(GraphError) -> ValueID {
        let isMatrix = shape.count == 2 && self.type(left).shape.dropLast(2) == self.type(dy).shape.dropLast(2)
        let rows = isMatrix ? try self.reshaped(left, to: [-1, shape[0]].resolved(self.type(left))) : left
        let columns = isMatrix ? try self.reshaped(dy, to: [-1, shape[1]].resolved(self.type(dy))) : dy
        let product = try self.emit(MatMul(), try self.swapped(rows), columns)
        let sum = try self.unbroadcast(product, to: TensorType(.float32, shape))
        return try self.reshaped(sum, to: self.type(b).shape)
    }
}

extension [Int] {
    /// The list with its -1 replaced by what remains of the type's elements.
    fileprivate func resolved(_ type: TensorType) -> [Int] {
        let known = self.filter { $0 != -1 }.reduce(1, *)
        return self.map { $0 == -1 ? (known == 0 ? 0 : type.elementCount / known) : $0 }
    }
}
