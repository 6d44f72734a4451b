/// The spectra of pieces of a signal, which may overlap. ONNX `STFT` 17.
///
/// signal [N, length, 1 or 2], window [piece]; the result is [N, pieces, frequencies, 2].
package struct ShortTimeFourier: OnnxComposition {
    package static let onnxTypes = ["STFT"]

    private let step: Int
    private let length: Int?
    private let isOneSided: Bool

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.step = try reader.constantInts(input: 1)?.first ?? 0
        self.length = try reader.constantInts(input: 3)?.first
        self.isOneSided = try reader.int("onesided") ?? 1 != 0
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let signal = try self.input(inputs, 0)
        let type = graph[signal].type
        let window = self.optionalInput(inputs, 1)
        let length = self.length ?? window.flatMap { graph[$0].type.shape.first } ?? 0
        guard type.rank == 3, self.step > 0, length > 0, length <= type.shape[1] else {
            throw GraphError(.shape, self.name, "pieces of \(length) every \(self.step) of \(type)")
        }
        let count = (type.shape[1] - length) / self.step + 1
        guard let total = TensorType.checkedElementCount([count, length], byteCount: 8), total <= 1 << 26 else {
            throw GraphError(.unsupported, self.name, "\(count) pieces of \(length)")
        }
        let places = (0..<total).map { Int64($0 / length * self.step + $0 % length) }
        let indices = graph.constant(Tensor(places, shape: [count, length]), name: "places")
        var pieces = try graph.apply(Gather(axis: 1), signal, indices)
        if let window { pieces = try graph.apply(Mul(), pieces, try graph.apply(Reshape([length, 1]), window)) }
        return [try graph.apply(FourierTransform(axis: 2, isOneSided: self.isOneSided), pieces)]
    }
}
