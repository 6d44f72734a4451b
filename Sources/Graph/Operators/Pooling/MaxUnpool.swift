/// Elements put back where `MaxPool` found them, zeros elsewhere. ONNX `MaxUnpool` 11.
///
/// x and indices: [N, C, spatial...]; an index counts the elements of [N, C, pooled...], what `MaxPool` had as its input.
/// y: the same or, where sizes are given, larger at the ends of the spatial axes.
package struct MaxUnpool: OnnxOperator {
    package static let schema = OperatorSchema("MaxUnpool", inputs: ["x", "indices"])

    package let kernel: [Int]
    package let window: Window
    /// The shape of y; what the window makes when nil.
    package let shape: [Int]?

    package init(kernel: [Int], window: Window, shape: [Int]? = nil) {
        self.kernel = kernel
        self.window = window
        self.shape = shape
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let shape = try reader.constantInts(input: 2)
        let (kernel, window) = try Window.pooling(onnx: &reader)
        self.init(kernel: kernel, window: window, shape: shape)
    }

    /// The shape that indices count.
    package func pooledShape(_ x: TensorType) throws(GraphError) -> [Int] {
        guard (3...5).contains(x.rank) else { throw GraphError(.shape, self.name, "x is \(x), needs three to five axes") }
        let none = [Int](repeating: 0, count: x.rank - 2)
        let spatial = try self.window.transposedSizes(
            Array(x.shape.dropFirst(2)), kernel: self.kernel, outputPadding: none, in: self.name)
        return Array(x.shape.prefix(2)) + spatial
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, ElementTypes.floating)[0]
        guard try self.type(inputs, 1) == TensorType(.int64, x.shape) else {
            throw GraphError(.shape, self.name, "indices are \(try self.type(inputs, 1)), x is \(x)")
        }
        let pooled = try self.pooledShape(x)
        let shape = self.shape ?? pooled
        guard TensorType.checkedElementCount(shape, byteCount: 8) != nil, shape.count == pooled.count,
            zip(shape, pooled).allSatisfy({ $0 >= $1 }), shape.prefix(2) == pooled.prefix(2)
        else { throw GraphError(.attribute, self.name, "output_shape is \(shape), must hold \(pooled)") }
        return [TensorType(x.dataType, shape)]
    }

    package var gradient: Gradient { .none(reason: "inference only") }

    package func onnx(opset: Int) -> OnnxSpelling {
        let attributes = self.window.onnxAttributes + [("kernel_shape", .ints(self.kernel))]
        return .node(OnnxNode(self.name, attributes, constants: self.shape.map { [Tensor(axes: $0)] } ?? []))
    }
}
