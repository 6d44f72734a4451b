/// Bytes with one owner, shared by the tensors that view them; aligned to 64 bytes when allocated here.
///
/// Whoever fills the bytes does so before sharing the storage; sharing is by convention read-only, except for the
/// parameters of a training plan, which only that plan's thread touches.
package final class TensorStorage: @unchecked Sendable {
    package let bytes: UnsafeMutableRawBufferPointer
    private let release: @Sendable (UnsafeMutableRawBufferPointer) -> Void

    /// Takes over `bytes`; `release` is called once, when the last tensor is gone (`munmap`, for example).
    package init(
        adopting bytes: UnsafeMutableRawBufferPointer,
        release: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
    ) {
        self.bytes = bytes
        self.release = release
    }

    /// Allocates `byteCount` zeroed bytes.
    package convenience init(byteCount: Int) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        self.init(adopting: bytes) { $0.deallocate() }
    }

    deinit {
        self.release(self.bytes)
    }
}

/// A dense row-major tensor: a type and a view into storage.
package struct Tensor: Sendable {
    package let type: TensorType
    package let storage: TensorStorage
    /// Offset of the first element in `storage`, in bytes.
    package let byteOffset: Int

    /// A view. The caller has checked that the storage holds `type.byteCount` bytes from `byteOffset` on.
    package init(_ type: TensorType, storage: TensorStorage, byteOffset: Int = 0) {
        precondition(byteOffset >= 0 && byteOffset + type.byteCount <= storage.bytes.count, "tensor outside its storage")
        self.type = type
        self.storage = storage
        self.byteOffset = byteOffset
    }

    /// A tensor of zeros.
    package init(zeros type: TensorType) {
        self.init(type, storage: TensorStorage(byteCount: type.byteCount))
    }

    /// A float32 tensor; `values` are row-major and as many as `shape` says.
    package init(_ values: [Float], shape: [Int]) {
        self.init(zeros: TensorType(.float32, shape))
        self.fill(values)
    }

    /// An int64 tensor; `values` are row-major and as many as `shape` says.
    package init(_ values: [Int64], shape: [Int]) {
        self.init(zeros: TensorType(.int64, shape))
        self.fill(values)
    }

    /// A bool tensor; `values` are row-major and as many as `shape` says.
    package init(bools values: [Bool], shape: [Int]) {
        self.init(zeros: TensorType(.bool, shape))
        self.fill(values.map { $0 ? UInt8(1) : 0 })
    }

    package var shape: [Int] { self.type.shape }

    package var rawPointer: UnsafeMutableRawPointer {
        // A TensorStorage is never empty, so its base address exists.
        UnsafeMutableRawPointer(self.storage.bytes.baseAddress.unsafelyUnwrapped) + self.byteOffset
    }

    /// The elements as `Element`, which must have the data type's size.
    package func withElements<Element: BitwiseCopyable, Result>(
        as element: Element.Type, _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        precondition(MemoryLayout<Element>.stride == self.type.dataType.byteCount, "element type does not fit \(self.type)")
        let count = self.type.elementCount
        let pointer = self.rawPointer.bindMemory(to: Element.self, capacity: max(count, 1))
        return try body(UnsafeMutableBufferPointer(start: pointer, count: count))
    }

    /// The elements, copied out.
    package func array<Element: BitwiseCopyable>(of element: Element.Type) -> [Element] {
        self.withElements(as: element) { Array($0) }
    }

    private func fill<Element: BitwiseCopyable>(_ values: [Element]) {
        precondition(values.count == self.type.elementCount, "\(values.count) values for \(self.type)")
        self.withElements(as: Element.self) { destination in
            _ = destination.update(fromContentsOf: values)
        }
    }
}
