/// The static type of a value: element type and shape. Every dimension is known.
package struct TensorType: Sendable, Hashable, CustomStringConvertible {
    package var dataType: DataType
    /// Sizes, outermost first; empty for a scalar.
    package var shape: [Int]

    package init(_ dataType: DataType, _ shape: [Int]) {
        self.dataType = dataType
        self.shape = shape
    }

    package var rank: Int { self.shape.count }

    package var elementCount: Int { self.shape.reduce(1, *) }

    package var byteCount: Int { self.elementCount * self.dataType.byteCount }

    /// Distance in elements between neighbours along each axis of a dense row-major tensor.
    package var strides: [Int] {
        var strides = [Int](repeating: 1, count: self.rank)
        for axis in self.shape.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * self.shape[axis + 1]
        }
        return strides
    }

    package var description: String {
        "\(self.dataType.rawValue)[\(self.shape.map(String.init).joined(separator: ", "))]"
    }

    /// The number of elements of `shape`, or nil when a size is negative or the product of `byteCount` and the sizes other than
    /// 0 overflows, so that every part of the shape can be multiplied: for shapes that came from a file or a socket.
    package static func checkedElementCount(_ shape: [Int], byteCount: Int = 1) -> Int? {
        var count = 1
        for size in shape where size != 0 {
            guard size > 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            count = product
        }
        guard !count.multipliedReportingOverflow(by: byteCount).overflow else { return nil }
        return shape.contains(0) ? 0 : count
    }
}
