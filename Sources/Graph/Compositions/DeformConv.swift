/// A convolution over pictures whose taps are moved by offsets, and weighed by a mask where there is one.
/// ONNX `DeformConv` 19 with two spatial axes.
///
/// X [N, C, H, W], W [O, C / groups, kernel...], offset [N, G · taps · 2, out...], B [O], mask [N, G · taps, out...]. Every
/// tap is read by `GridSample` with zeros outside; the weights multiply what was read.
package struct DeformConv: OnnxComposition {
    package static let onnxTypes = ["DeformConv"]

    private let window: Window
    private let kernel: [Int]
    /// G: groups of channels that share offsets.
    private let offsetGroups: Int

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let (x, w) = (try reader.type(input: 0), try reader.type(input: 1))
        guard x.rank == 4, w.rank == 4 else { throw GraphError(.unsupported, reader.type, "x is \(x), w is \(w)") }
        self.kernel = Array(w.shape.dropFirst(2))
        if let given = try reader.ints("kernel_shape"), given != self.kernel {
            throw GraphError(.attribute, reader.type, "kernel_shape is \(given), w is \(w)")
        }
        self.offsetGroups = try reader.int("offset_group") ?? 1
        self.window = try Window(onnx: &reader, kernel: self.kernel, input: Array(x.shape.dropFirst(2)))
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let (x, w, offsets) = (try self.input(inputs, 0), try self.input(inputs, 1), try self.input(inputs, 2))
        let (type, weights) = (graph[x].type, graph[w].type)
        let shape = try self.window.convolutionShape(
            type, weights, bias: self.optionalInput(inputs, 3).map { graph[$0].type }, layout: .first, in: self.name)
        let (batch, channels, taps) = (type.shape[0], type.shape[1], self.kernel.reduce(1, *))
        let (groups, sharing, out) = (self.window.groups, self.offsetGroups, Array(shape.dropFirst(2)))
        guard sharing > 0, sharing <= max(channels, 1), channels.isMultiple(of: sharing),
            graph[offsets].type.shape == [batch, sharing * taps * 2] + out
        else { throw GraphError(.shape, self.name, "offset is \(graph[offsets].type) for \(shape) in \(sharing) groups") }
        guard let places = TensorType.checkedElementCount(self.kernel + out), places <= mostComposedElements else {
            throw GraphError(.shape, self.name, "\(shape) is made with a kernel of \(self.kernel)")
        }
        let apart = try graph.apply(Reshape([batch * sharing, taps, 2] + out), offsets)
        let grid = try self.grid(&graph, try graph.apply(Transpose(permutation: [0, 1, 3, 4, 2]), apart), type, out)
        let images = try graph.apply(Reshape([batch * sharing, channels / sharing] + type.shape.dropFirst(2)), x)
        var columns = try graph.apply(GridSample(), images, grid)
        if let mask = self.optionalInput(inputs, 4) {
            guard graph[mask].type.shape == [batch, sharing * taps] + out else {
                throw GraphError(.shape, self.name, "mask is \(graph[mask].type)")
            }
            let single = try graph.apply(Reshape([batch * sharing, 1, taps * out[0], out[1]]), mask)
            columns = try graph.apply(Mul(), columns, single)
        }
        let area = out.reduce(1, *)
        let (depth, perGroup) = (channels / groups * taps, shape[1] / groups)
        let right = try graph.apply(Reshape([batch, groups, depth, area]), columns)
        let left = try graph.apply(Reshape([1, groups, perGroup, depth]), w)
        let y = try graph.apply(Reshape(shape), try graph.apply(MatMul(), left, right))
        guard let bias = self.optionalInput(inputs, 3) else { return [y] }
        return [try graph.apply(Add(), y, try graph.apply(Reshape([shape[1], 1, 1]), bias))]
    }

    /// Offsets [.., taps, out..., 2] as places of a grid [.., taps · out, out, 2].
    private func grid(
        _ graph: inout Graph, _ offsets: ValueID, _ x: TensorType, _ out: [Int]
    ) throws(GraphError) -> ValueID {
        let size = x.shape.dropFirst(2).map { Double($0) }
        let index = TensorType(.float32, self.kernel + out)
        var starts: [Float] = []
        for element in 0..<index.elementCount {
            let position = zip(index.shape, index.strides).map { element / $1 % $0 }
            for axis in 0..<2 {
                let start = position[axis + 2] * self.window.strides[axis] - self.window.padsBefore[axis]
                let place = Double(start + position[axis] * self.window.dilations[axis])
                starts.append(Float((2 * place + 1) / size[axis] - 1))
            }
        }
        let taps = self.kernel.reduce(1, *)
        let base = graph.constant(Tensor(starts, shape: [taps] + out + [2]), name: "places")
        let factors = graph.constant(Tensor(size.map { Float(2 / $0) }, shape: [2]), name: "factors")
        let moved = try graph.apply(Mul(), try graph.cast(offsets, to: .float32), factors)
        let places = try graph.apply(Add(), moved, base)
        // A grid names the last axis first.
        let order = graph.constant(Tensor([Int64(1), 0], shape: [2]), name: "order")
        let turned = try graph.apply(Gather(axis: 4), places, order)
        let grid = try graph.apply(Reshape([graph[offsets].type.shape[0], taps * out[0], out[1], 2]), turned)
        return try graph.cast(grid, to: x.dataType)
    }
}
