import CKernels
import Graph

extension PackStore {
    /// The pack of `weight` under `arrangement`, in `byteCount` bytes on large pages, of which a panel of weights crosses few.
    ///
    /// - Parameter fill: writes the pack, the second pointer, from the weights, the first, which need not be aligned.
    func packOnLargePages(
        _ weight: Tensor, as arrangement: String, _ byteCount: Int,
        fill: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void
    ) throws(KernelError) -> Tensor {
        try self.pack(weight, as: arrangement) { () throws(KernelError) in
            guard let memory = ck_large_pages(byteCount) else {
                throw KernelError(.outOfMemory, "weights", "\(byteCount) bytes for packed weights are not available")
            }
            let pack = Tensor(
                TensorType(.uint8, [byteCount]),
                storage: TensorStorage(adopting: UnsafeMutableRawBufferPointer(start: memory, count: byteCount)) {
                    ck_give_back($0.baseAddress, $0.count)
                })
            fill(UnsafeRawPointer(weight.unalignedPointer), memory)
            // The file's pages are not needed again, unless another plan packs them in another way.
            if weight.storage.isMapped { ck_forget_mapped(weight.unalignedPointer, weight.type.byteCount) }
            withExtendedLifetime(weight.storage) {}
            return pack
        }
    }
}
