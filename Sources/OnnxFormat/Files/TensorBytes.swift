import Graph

extension TensorStorage {
    var byteCount: Int { unsafe self.bytes.count }

    /// `count` bytes from `offset` on; the caller has checked that they exist and keeps the storage alive.
    @unsafe func slice(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: self.bytes[offset..<offset + count])
    }
}

extension Tensor {
    /// The tensor's bytes, valid during the call.
    @unsafe func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) rethrows -> Result {
        defer { withExtendedLifetime(self.storage) {} }
        return try unsafe body(UnsafeMutableRawBufferPointer(start: self.rawPointer, count: self.type.byteCount))
    }
}
