/// The p-norm under a sliding window. ONNX `LpPool` 18.
package struct LpPool: OnnxComposition {
    package static let onnxTypes = ["LpPool"]

    private let p: Int
    private let kernel: [Int]
    private let window: Window

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.p = try reader.int("p") ?? 2
        let (kernel, window) = try Window.pooling(onnx: &reader)
        let ceiling = try reader.int("ceil_mode") ?? 0 != 0
        let input = Array(try reader.type(input: 0).shape.dropFirst(2))
        let sizes = try window.outputSizes(input, kernel: kernel, ceiling: ceiling, in: reader.type)
        // What the last window reaches behind the padding is padding too: every window then has as many places.
        let after = input.indices.map { axis in
            let end = (sizes[axis] - 1) * window.strides[axis] + (kernel[axis] - 1) * window.dilations[axis] + 1
            return max(end - input[axis] - window.padsBefore[axis], window.padsAfter[axis])
        }
        self.kernel = kernel
        self.window = Window(
            strides: window.strides, dilations: window.dilations, padsBefore: window.padsBefore, padsAfter: after)
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let powers = try graph.powers(of: try self.input(inputs, 0), self.p)
        let means = try graph.apply(AveragePool(kernel: self.kernel, window: self.window, countIncludePad: true), powers)
        let count = Tensor(scalar: self.kernel.reduce(1) { $0 * Double($1) }, graph[means].type.dataType)
        return [try graph.root(of: try graph.apply(Mul(), means, graph.constant(count, name: "count")), self.p)]
    }
}

/// The p-norm over all spatial axes, which stay with size 1. ONNX `GlobalLpPool` 2.
package struct GlobalLpPool: OnnxComposition {
    package static let onnxTypes = ["GlobalLpPool"]

    private let p: Int

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.p = try reader.int("p") ?? 2
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let axes = try graph.spatialAxes(of: x, in: self.name)
        let sum = try graph.apply(ReduceSum(axes: axes, keepDimensions: true), try graph.powers(of: x, self.p))
        return [try graph.root(of: sum, self.p)]
    }
}

/// The largest element over all spatial axes, which stay with size 1. ONNX `GlobalMaxPool` 1.
package struct GlobalMaxPool: OnnxComposition {
    package static let onnxTypes = ["GlobalMaxPool"]

    package init(onnx reader: inout OnnxReader) {}

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let axes = try graph.spatialAxes(of: x, in: self.name)
        return [try graph.apply(ReduceMax(axes: axes, keepDimensions: true), x)]
    }
}

extension Graph {
    fileprivate func spatialAxes(of x: ValueID, in subject: String) throws(GraphError) -> [Int] {
        guard self[x].type.rank >= 3 else { throw GraphError(.shape, subject, "x is \(self[x].type), needs three axes") }
        return Array(2..<self[x].type.rank)
    }

    /// Magnitudes to the power of p.
    fileprivate mutating func powers(of x: ValueID, _ p: Int) throws(GraphError) -> ValueID {
        if p == 2 { return try self.apply(Mul(), x, x) }
        let magnitudes = try self.apply(Abs(), x)
        if p == 1 { return magnitudes }
        return try self.apply(Pow(), magnitudes, self.constant(Tensor(scalar: Double(p), self[x].type.dataType), name: "p"))
    }

    /// What has these powers.
    fileprivate mutating func root(of x: ValueID, _ p: Int) throws(GraphError) -> ValueID {
        if p == 2 { return try self.apply(Sqrt(), x) }
        if p == 1 { return x }
        let exponent = Tensor(scalar: 1 / Double(p), self[x].type.dataType)
        return try self.apply(Pow(), x, self.constant(exponent, name: "exponent"))
    }
}
