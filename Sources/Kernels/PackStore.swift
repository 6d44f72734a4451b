#if canImport(Glibc)
    import Glibc
#endif
package import Graph

/// Weights rearranged for kernels, made once and shared by all plans of a model.
///
/// Thread-safe; a pack is keyed by the weight's bytes (address and type) and the name of the arrangement.
package final class PackStore: @unchecked Sendable {
    private struct Key: Hashable {
        let address: UnsafeRawPointer
        let type: TensorType
        let arrangement: String
    }

    private var packs: [Key: Tensor] = [:]
    private var mutex = pthread_mutex_t()

    package init() {
        pthread_mutex_init(&self.mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(&self.mutex)
    }

    /// The pack of `weight` under `arrangement`, made by `make` when it does not exist yet.
    package func pack(
        _ weight: Tensor, as arrangement: String, make: () throws(KernelError) -> Tensor
    ) throws(KernelError) -> Tensor {
        pthread_mutex_lock(&self.mutex)
        defer { pthread_mutex_unlock(&self.mutex) }
        let key = Key(address: UnsafeRawPointer(weight.rawPointer), type: weight.type, arrangement: arrangement)
        if let pack = self.packs[key] { return pack }
        let pack = try make()
        self.packs[key] = pack
        return pack
    }

    /// Bytes of private memory that the packs take.
    package var byteCount: Int {
        pthread_mutex_lock(&self.mutex)
        defer { pthread_mutex_unlock(&self.mutex) }
        return self.packs.values.reduce(0) { $0 + $1.type.byteCount }
    }
}
