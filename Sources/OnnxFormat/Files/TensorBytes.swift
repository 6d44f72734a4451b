import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension TensorStorage {
    /// `count` bytes from `offset` on; the caller has checked that they exist and keeps the storage alive.
    @unsafe func slice(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: self.bytes[offset..<offset + count])
    }

    /// Bytes of a file that are not aligned: copied, in large pages where the system has them, when somebody needs them.
    convenience init(within file: TensorStorage, _ range: Range<Int>) {
        unsafe self.init(original: file.slice(range.lowerBound, range.count)) {
            let alignment = range.count >= 1 << 21 ? 1 << 21 : 64
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(range.count, 1), alignment: alignment)
            if alignment > 64 { unsafe _ = madvise(copy.baseAddress, copy.count, MADV_HUGEPAGE) }
            unsafe copy.copyMemory(from: file.slice(range.lowerBound, range.count))
            file.forget(range)
            return unsafe copy
        }
    }

    /// Tells the system that mapped bytes are not needed soon; they are read again from the file when they are.
    func forget(_ range: Range<Int>) {
        let page = 4096
        let begin = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        guard end > begin, let base = unsafe self.bytes.baseAddress else { return }
        unsafe _ = madvise(base + begin, end - begin, MADV_DONTNEED)
    }
}

extension Tensor {
    /// The tensor's bytes, valid during the call.
    @unsafe func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) rethrows -> Result {
        defer { withExtendedLifetime(self.storage) {} }
        return try unsafe body(UnsafeMutableRawBufferPointer(start: self.rawPointer, count: self.type.byteCount))
    }
}
