/// `x / (bias + alpha / size · s)^beta`, s the sum of squares over `size` neighbouring channels. ONNX `LRN` 13.
package struct LocalResponseNormalization: OnnxComposition {
    package static let onnxTypes = ["LRN"]

    private let alpha: Float
    private let beta: Float
    private let bias: Float
    private let size: Int

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.alpha = try reader.float("alpha") ?? 0.0001
        self.beta = try reader.float("beta") ?? 0.75
        self.bias = try reader.float("bias") ?? 1
        self.size = try reader.int("size") ?? 0
        guard (1...Int(Int32.max)).contains(self.size) else {
            throw GraphError(.attribute, reader.type, "size is \(self.size)")
        }
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let type = graph[x].type
        guard type.rank >= 2 else { throw GraphError(.shape, self.name, "x is \(type), needs two axes") }
        let area = type.shape.dropFirst(2).reduce(1, *)
        // Channels become a spatial axis; the mean counts what lies outside as zeros.
        let squares = try graph.apply(Reshape([type.shape[0], 1, type.shape[1], area]), try graph.apply(Mul(), x, x))
        let before = (self.size - 1) / 2
        let window = Window(strides: [1, 1], padsBefore: [before, 0], padsAfter: [self.size - 1 - before, 0])
        let means = try graph.apply(AveragePool(kernel: [self.size, 1], window: window, countIncludePad: true), squares)
        func scalar(_ value: Float, _ name: String) -> ValueID {
            graph.constant(Tensor(scalar: Double(value), type.dataType), name: name)
        }
        let scaled = try graph.apply(Mul(), try graph.apply(Reshape(type.shape), means), scalar(self.alpha, "alpha"))
        let power = try graph.apply(Pow(), try graph.apply(Add(), scaled, scalar(self.bias, "bias")), scalar(self.beta, "beta"))
        return [try graph.apply(Div(), x, power)]
    }
}
