/// Which scale and zero point belong to which element: one for all, one for each index of an axis, or one for each block
/// along an axis. ONNX `QuantizeLinear` 25.
package struct QuantizationGrid: Sendable, Hashable {
    package let axis: Int
    /// Elements along the axis that share a scale; 0 where all of an index do.
    package let blockSize: Int

    package init(axis: Int = 1, blockSize: Int = 0) {
        self.axis = axis
        self.blockSize = blockSize
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(axis: try reader.int("axis") ?? 1, blockSize: try reader.int("block_size") ?? 0)
    }

    package func attributes(opset: Int) -> [(name: String, value: OnnxValue)] {
        [("axis", .int(self.axis))] + (self.blockSize == 0 ? [] : [("block_size", .int(self.blockSize))])
    }

    /// Throws unless the scale, and the zero point if there is one, fit `x`.
    package func check(
        _ x: TensorType, scale: TensorType, zeroPoint: TensorType?, in subject: String
    ) throws(GraphError) {
        if let zeroPoint, zeroPoint.shape != scale.shape, zeroPoint.elementCount != 1 || scale.elementCount != 1 {
            throw GraphError(.shape, subject, "the scale is \(scale), the zero point \(zeroPoint)")
        }
        if scale.elementCount == 1, scale.rank <= 1 { return }
        let misfit = GraphError(.shape, subject, "the scale is \(scale) for \(x), axis \(self.axis), blocks of \(self.blockSize)")
        guard self.blockSize >= 0, self.axis >= -x.rank, self.axis < x.rank else { throw misfit }
        let place = self.axis < 0 ? self.axis + x.rank : self.axis
        var expected = x.shape
        if self.blockSize == 0 {
            expected = [x.shape[place]]
        } else {
            expected[place] = x.shape[place] / self.blockSize + (x.shape[place] % self.blockSize == 0 ? 0 : 1)
        }
        guard scale.shape == expected else { throw misfit }
    }

    /// Where the scale of an element lies.
    package struct Index: Sendable {
        /// Elements from one index of the axis to the next.
        package let inner: Int
        package let size: Int
        private let entries: Int
        private let blockSize: Int

        fileprivate init(inner: Int, size: Int, entries: Int, blockSize: Int) {
            self.inner = inner
            self.size = size
            self.entries = entries
            self.blockSize = blockSize
        }

        package func offset(_ element: Int) -> Int {
            if self.entries == 1, self.blockSize == 0 { return 0 }
            let place = element / self.inner % self.size
            if self.blockSize == 0 { return place }
            return (element / (self.inner * self.size) * self.entries + place / self.blockSize) * self.inner + element
                % self.inner
        }

        /// Whether `inner` neighbours always share a scale.
        package var isByRow: Bool { self.blockSize == 0 }
    }

    /// For types that were checked.
    package func index(_ x: TensorType, scale: TensorType) -> Index {
        if scale.elementCount == 1, scale.rank <= 1 {
            return Index(inner: max(x.elementCount, 1), size: 1, entries: 1, blockSize: 0)
        }
        let place = self.axis < 0 ? self.axis + x.rank : self.axis
        let inner = x.shape[(place + 1)...].reduce(1, *)
        return Index(
            inner: inner, size: x.shape[place], entries: scale.shape[self.blockSize == 0 ? 0 : place],
            blockSize: self.blockSize)
    }
}

extension ElementTypes {
    /// What `QuantizeLinear` makes.
    package static let quantized: Set<DataType> = [
        .uint8, .int8, .uint16, .int16, .uint4, .int4, .uint2, .int2, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
        .float8e5m2fnuz, .float4e2m1,
    ]
}

extension OnnxReader {
    /// An attribute that names an element type; nil where it is absent or 0.
    mutating func dataType(_ name: String) throws(GraphError) -> DataType? {
        guard let code = try self.int(name), code != 0 else { return nil }
        guard let type = DataType(onnxCode: code) else { throw GraphError(.unsupported, self.type, "\(name) = \(code)") }
        return type
    }
}
