import Graph

extension TensorType {
    /// Bytes of the elements in a file, where those below eight bits share bytes.
    var fileByteCount: Int { (self.elementCount * self.dataType.fileBitCount + 7) / 8 }
}

extension Tensor {
    /// A tensor of elements below eight bits from a file's bytes, the first element in the lowest bits.
    ///
    /// Signed elements are extended, so that memory holds the number itself.
    init(_ type: TensorType, packed bytes: UnsafeRawBufferPointer) {
        let bits = type.dataType.fileBitCount
        let isSigned = type.dataType == .int4 || type.dataType == .int2
        self.init(zeros: type)
        unsafe self.withElements(as: UInt8.self) { elements in
            for index in 0..<elements.count {
                let position = index * bits
                let element = unsafe bytes[position / 8] >> UInt8(position % 8) & (1 << UInt8(bits) - 1)
                let isNegative = isSigned && element >> UInt8(bits - 1) == 1
                unsafe elements[index] = isNegative ? element | 0xFF << UInt8(bits) : element
            }
        }
    }

    /// The elements as a file holds them, those below eight bits packed.
    func withFileBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let bits = self.type.dataType.fileBitCount
        guard bits < 8 else { return unsafe self.withBytes { unsafe body(UnsafeRawBufferPointer($0)) } }
        var packed = [UInt8](repeating: 0, count: self.type.fileByteCount)
        unsafe self.withElements(as: UInt8.self) { elements in
            for index in 0..<elements.count {
                let position = index * bits
                unsafe packed[position / 8] |= (elements[index] & (1 << UInt8(bits) - 1)) << UInt8(position % 8)
            }
        }
        return unsafe packed.withUnsafeBytes { unsafe body($0) }
    }
}
