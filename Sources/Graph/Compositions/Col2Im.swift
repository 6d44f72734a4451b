/// Overlapping blocks of a picture or volume, added up at their places. ONNX `Col2Im` 18.
///
/// x: [N, C · block, blocks] gives [N, C, image...]. It is the transposed convolution that writes each of a block's elements
/// to its own place.
package struct Col2Im: OnnxComposition {
    package static let onnxTypes = ["Col2Im"]

    private let image: [Int]
    private let block: [Int]
    private let window: Window

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.image = try reader.constantInts(input: 1) ?? []
        self.block = try reader.constantInts(input: 2) ?? []
        let rank = self.image.count
        guard (1...3).contains(rank), let size = TensorType.checkedElementCount(self.block, byteCount: 4),
            self.block.count == rank, (1...4096).contains(size)
        else { throw GraphError(.attribute, reader.type, "image_shape is \(self.image), block_shape \(self.block)") }
        let pads = try reader.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
        self.window = Window(
            strides: try reader.ints("strides") ?? [Int](repeating: 1, count: rank), dilations: try reader.ints("dilations"),
            padsBefore: Array(pads.prefix(rank)), padsAfter: Array(pads.dropFirst(rank)))
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let type = graph[x].type
        let counts = try self.window.outputSizes(self.image, kernel: self.block, in: self.name)
        let size = self.block.reduce(1, *)
        guard type.rank == 3, type.shape[1].isMultiple(of: size), TensorType.checkedElementCount(counts) == type.shape[2] else {
            throw GraphError(.shape, self.name, "\(type) is not made of \(counts) blocks \(self.block)")
        }
        let channels = type.shape[1] / size
        let whole = zip(counts, zip(self.block, self.window.dilations)).enumerated().map { axis, sizes in
            (sizes.0 - 1) * self.window.strides[axis] + (sizes.1.0 - 1) * sizes.1.1 + 1
                - self.window.padsBefore[axis] - self.window.padsAfter[axis]
        }
        // Every channel is an image of the batch.
        let blocks = try graph.apply(Reshape([type.shape[0] * channels, size] + counts), x)
        let diagonal = (0..<(size * size)).map { Float($0 % (size + 1) == 0 ? 1 : 0) }
        let weights = graph.constant(Tensor(diagonal, shape: [size, 1] + self.block), name: "places")
        let transposed = ConvTranspose(window: self.window, outputPadding: zip(self.image, whole).map { $0 - $1 })
        let sum = try graph.apply(transposed, blocks, try graph.cast(weights, to: type.dataType))
        return [try graph.apply(Reshape([type.shape[0], channels] + self.image), sum)]
    }
}
