/// The discrete Fourier transform along one axis. ONNX `DFT` 17 and 20.
///
/// x: [..., 1] real or [..., 2] complex; y: [..., 2].
package struct FourierTransform: OnnxOperator {
    package static let schema = OperatorSchema("DFT", inputs: ["x"])

    /// The transformed axis, possibly negative, not the last one.
    package let axis: Int
    /// Elements that are transformed, zeros where x has fewer; as x has when nil.
    package let length: Int?
    package let isInverse: Bool
    /// Only the first half of the frequencies, with the one in the middle.
    package let isOneSided: Bool

    package init(axis: Int, length: Int? = nil, isInverse: Bool = false, isOneSided: Bool = false) {
        self.axis = axis
        self.length = length
        self.isInverse = isInverse
        self.isOneSided = isOneSided
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let length = try reader.constantInts(input: 1)?.first
        let axis = reader.opset < 20 ? try reader.int("axis") ?? 1 : try reader.constantInts(input: 2)?.first ?? -2
        let isInverse = try reader.int("inverse") ?? 0 != 0
        let isOneSided = try reader.int("onesided") ?? 0 != 0
        guard !isInverse || !isOneSided else { throw GraphError(.unsupported, reader.type, "inverse of half a spectrum") }
        self.init(axis: axis, length: length, isInverse: isInverse, isOneSided: isOneSided)
    }

    /// Elements that are transformed.
    package func length(_ x: TensorType) throws(GraphError) -> Int {
        let axis = try self.normalizedAxis(self.axis, rank: x.rank)
        let length = self.length ?? x.shape[axis]
        guard x.rank >= 2, axis < x.rank - 1, (1...2).contains(x.shape[x.rank - 1]), (1...(1 << 24)).contains(length) else {
            throw GraphError(.shape, self.name, "\(length) elements of axis \(axis) of \(x)")
        }
        return length
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var type = try self.unaryType(inputs, ElementTypes.floating)[0]
        let length = try self.length(type)
        type.shape[try self.normalizedAxis(self.axis, rank: type.rank)] = self.isOneSided ? length / 2 + 1 : length
        type.shape[type.rank - 1] = 2
        guard TensorType.checkedElementCount(type.shape, byteCount: 8) != nil else {
            throw GraphError(.shape, self.name, "makes \(type)")
        }
        return [type]
    }

    package var gradient: Gradient { .none(reason: "inference only") }

    package func onnx(opset: Int) -> OnnxSpelling {
        guard opset >= 17 else { return .none(reason: "DFT exists from opset 17 on") }
        var attributes: [(name: String, value: OnnxValue)] = []
        if self.isInverse { attributes.append(("inverse", .int(1))) }
        if self.isOneSided { attributes.append(("onesided", .int(1))) }
        let length = self.length.map { Tensor([Int64($0)], shape: []) }
        if opset < 20 {
            return .node(OnnxNode(self.name, attributes + [("axis", .int(self.axis))], constants: length.map { [$0] } ?? []))
        }
        return .node(OnnxNode(self.name, attributes, constants: [length, Tensor([Int64(self.axis)], shape: [])]))
    }
}
