/// Reorders axes: axis `i` of the result is axis `permutation[i]` of the input. ONNX `Transpose` 13.
package struct Transpose: OnnxOperator {
    package static let schema = OperatorSchema("Transpose", inputs: ["data"])

    /// Empty reverses the axes.
    package let permutation: [Int]

    package init(permutation: [Int] = []) {
        self.permutation = permutation
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.permutation = try reader.ints("perm") ?? []
    }

    /// The permutation for an input of that rank.
    package func order(rank: Int) -> [Int] {
        self.permutation.isEmpty ? Array((0..<rank).reversed()) : self.permutation
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let order = self.order(rank: x.rank)
        guard order.sorted() == Array(0..<x.rank) else {
            throw GraphError(.attribute, "Transpose", "\(order) is no permutation of the axes of \(x)")
        }
        return [TensorType(x.dataType, order.map { x.shape[$0] })]
    }

    package var gradient: Gradient {
        let op = self
        return .rule { (context) throws(GraphError) in
            let order = op.order(rank: context.type(try context.input(0)).rank)
            let inverse = order.indices.sorted { order[$0] < order[$1] }
            return [try context.emit(Transpose(permutation: inverse), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.permutation.isEmpty
            ? .node(OnnxNode("Transpose")) : .node(OnnxNode("Transpose", [("perm", .ints(self.permutation))]))
    }
}
