/// Where a picture or volume moved by an affine map reads its elements: a grid for `GridSample`. ONNX `AffineGrid` 20.
///
/// theta [N, 2, 3] and size [N, C, H, W] give [N, H, W, 2]; theta [N, 3, 4] and size [N, C, D, H, W] give [N, D, H, W, 3].
package struct AffineGrid: OnnxComposition {
    package static let onnxTypes = ["AffineGrid"]

    /// Spatial sizes of the result.
    private let sizes: [Int]
    /// -1 and 1 are the centres of the outermost elements, else their edges.
    private let alignCorners: Bool

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.alignCorners = try reader.int("align_corners") ?? 0 != 0
        let size = try reader.constantInts(input: 1) ?? []
        self.sizes = Array(size.dropFirst(2))
        guard (4...5).contains(size.count), let count = TensorType.checkedElementCount(self.sizes, byteCount: 16),
            (1...(mostComposedElements / 4)).contains(count)
        else { throw GraphError(.attribute, reader.type, "size is \(size)") }
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let theta = try self.input(inputs, 0)
        let type = graph[theta].type
        let rank = self.sizes.count
        guard type.rank == 3, Array(type.shape.dropFirst()) == [rank, rank + 1] else {
            throw GraphError(.shape, self.name, "theta is \(type) for sizes \(self.sizes)")
        }
        let places = graph.constant(Tensor(self.places(), shape: [self.sizes.reduce(1, *), rank + 1]), name: "places")
        let turned = try graph.apply(Transpose(permutation: [0, 2, 1]), try graph.cast(theta, to: .float32))
        let grid = try graph.apply(Reshape([type.shape[0]] + self.sizes + [rank]), try graph.apply(MatMul(), places, turned))
        return [try graph.cast(grid, to: type.dataType)]
    }

    /// For every element its coordinates, that of the last axis first, and 1.
    private func places() -> [Float] {
        let index = TensorType(.float32, self.sizes)
        var result: [Float] = []
        for element in 0..<index.elementCount {
            for (size, stride) in zip(self.sizes, index.strides).reversed() {
                let place = Double(element / stride % size)
                let ends = Double(max(size - 1, 1))
                result.append(Float(self.alignCorners ? 2 * place / ends - 1 : (2 * place + 1) / Double(size) - 1))
            }
            result.append(1)
        }
        return result
    }
}
