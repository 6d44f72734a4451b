/// The order of the elements of a tensor: numbers by size, NaN after all of them, uint64 without a sign.
package struct ElementOrder: Sendable {
    private let access: ElementAccess
    /// Turns the bits of an uint64 into an int64 of the same order.
    private let flip: Int64

    package init(_ type: DataType) {
        self.access = ElementAccess(type)
        self.flip = type == .uint64 ? .min : 0
    }

    /// Negative when element `a` comes before element `b`, 0 when they are equal.
    package func compare(_ pointer: UnsafeRawPointer, _ a: Int, _ b: Int) -> Int {
        guard self.access.isFloating else {
            let left = self.access.integer(pointer, a) ^ self.flip
            let right = self.access.integer(pointer, b) ^ self.flip
            return left < right ? -1 : left == right ? 0 : 1
        }
        let (left, right) = (self.access.double(pointer, a), self.access.double(pointer, b))
        if left.isNaN || right.isNaN { return left.isNaN ? (right.isNaN ? 0 : 1) : -1 }
        return left < right ? -1 : left == right ? 0 : 1
    }

    /// The larger of two integers, as `ElementAccess` reads them.
    package func larger(_ a: Int64, _ b: Int64) -> Int64 { max(a ^ self.flip, b ^ self.flip) ^ self.flip }

    /// The smaller of two integers, as `ElementAccess` reads them.
    package func smaller(_ a: Int64, _ b: Int64) -> Int64 { min(a ^ self.flip, b ^ self.flip) ^ self.flip }
}

extension ElementTypes {
    /// Every number of whole bytes that can be compared and computed with.
    package static let ordered: Set<DataType> = [
        .float32, .float64, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8,
    ]
}
