import Synchronization

/// Bytes with one owner, shared by the tensors that view them; aligned to 64 bytes when allocated here.
///
/// Whoever fills the bytes does so before sharing the storage; sharing is by convention read-only, except for the
/// parameters of a training plan, which only that plan's thread touches.
package final class TensorStorage: @unchecked Sendable {
    package let byteCount: Int
    /// The bytes are those of a mapped file, which the system can drop and read again.
    package let isMapped: Bool
    /// The bytes as somebody else holds them, perhaps not aligned; nil where `bytes` is all there is.
    package let original: UnsafeRawPointer?
    /// Nil for bytes that are copied from the original when somebody asks for them.
    private let fixed: UnsafeMutableRawBufferPointer?
    private let copied = Mutex<Bytes?>(nil)
    private let copy: (@Sendable () -> UnsafeMutableRawBufferPointer)?
    private let release: @Sendable (UnsafeMutableRawBufferPointer) -> Void

    private struct Bytes: @unchecked Sendable {
        let buffer: UnsafeMutableRawBufferPointer
    }

    /// Takes over `bytes`; `release` is called once, when the last tensor is gone (`munmap`, for example).
    package init(
        adopting bytes: UnsafeMutableRawBufferPointer, isMapped: Bool = false,
        release: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
    ) {
        self.byteCount = bytes.count
        self.isMapped = isMapped
        self.original = nil
        self.fixed = bytes
        self.copy = nil
        self.release = release
    }

    /// Bytes of a mapped file that are not aligned there, and are copied only when somebody needs them aligned.
    /// - Parameter copy: makes the copy and keeps the original alive; its result is deallocated with the storage.
    package init(
        original: UnsafeRawBufferPointer, copy: @escaping @Sendable () -> UnsafeMutableRawBufferPointer
    ) {
        self.byteCount = original.count
        self.isMapped = true
        self.original = original.baseAddress
        self.fixed = nil
        self.copy = copy
        self.release = { $0.deallocate() }
    }

    package var bytes: UnsafeMutableRawBufferPointer {
        if let fixed = self.fixed { return fixed }
        return self.copied.withLock { held in
            if let held { return held }
            let made = Bytes(buffer: self.copy.map { $0() } ?? UnsafeMutableRawBufferPointer(start: nil, count: 0))
            held = made
            return made
        }.buffer
    }

    /// Allocates `byteCount` zeroed bytes.
    package convenience init(byteCount: Int) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        self.init(adopting: bytes) { $0.deallocate() }
    }

    deinit {
        if let bytes = self.fixed ?? self.copied.withLock({ $0 })?.buffer { self.release(bytes) }
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
        precondition(byteOffset >= 0 && byteOffset + type.byteCount <= storage.byteCount, "tensor outside its storage")
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

    /// The bytes where they lie, perhaps not aligned: for kernels that copy them into an arrangement of their own.
    package var unalignedPointer: UnsafeRawPointer {
        self.storage.original.map { $0 + self.byteOffset } ?? UnsafeRawPointer(self.rawPointer)
    }

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
