#if canImport(Glibc)
    import Glibc
#endif
package import Graph

/// Weights rearranged for kernels, made once and shared by all plans of a model.
///
/// Thread-safe. A pack is keyed by the weight's storage, place and type, and the name of the arrangement; it is forgotten
/// when the weight is gone (constants that a plan folded die with the plan), and lives on in the kernels that use it.
package final class PackStore: @unchecked Sendable {
    private struct Key: Hashable {
        let storage: ObjectIdentifier
        let byteOffset: Int
        let type: TensorType
        let arrangement: String
    }

    private struct Entry {
        /// Nil once the weight is gone: another storage may then have the same identity.
        weak var weight: TensorStorage?
        let pack: Tensor
    }

    /// Matrices of products are packed. Not in training, where frozen weights would be held three times: as they are, and
    /// for either direction.
    package let packsMatrices: Bool
    private var packs: [Key: Entry] = [:]
    private var mutex = pthread_mutex_t()

    package init(packsMatrices: Bool = true) {
        self.packsMatrices = packsMatrices
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
        let key = Key(
            storage: ObjectIdentifier(weight.storage), byteOffset: weight.byteOffset, type: weight.type, arrangement: arrangement)
        if let entry = self.packs[key], entry.weight != nil { return entry.pack }
        let pack = try make()
        self.forgetDead()
        self.packs[key] = Entry(weight: weight.storage, pack: pack)
        return pack
    }

    /// Bytes of private memory that the packs take.
    package var byteCount: Int {
        pthread_mutex_lock(&self.mutex)
        defer { pthread_mutex_unlock(&self.mutex) }
        self.forgetDead()
        return self.packs.values.reduce(0) { $0 + $1.pack.type.byteCount }
    }

    private func forgetDead() {
        self.packs = self.packs.filter { $0.value.weight != nil }
    }
}
