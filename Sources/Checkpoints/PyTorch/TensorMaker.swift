import Graph

/// Makes the tensors of a PyTorch file; copies together never exceed the size of the file.
struct TensorMaker {
    private let file: PyTorchFile
    private var copyBudget: Int
    /// Storages that lie at an address that does not suit their elements, copied once for all their tensors.
    private var aligned: [String: TensorStorage] = [:]

    init(_ file: PyTorchFile) {
        self.file = file
        self.copyBudget = file.file.byteCount
    }

    /// The tensor as a dense row-major one.
    mutating func tensor(_ reference: PickleTree.TensorReference, named name: String) throws(CheckpointError) -> Tensor {
        guard let range = self.file.storages[reference.storage.key] else {
            throw CheckpointError(.malformed, name, "its storage is missing")
        }
        let width = reference.type.dataType.byteCount
        var storage = self.file.file.storage
        var start = range.lowerBound
        if !start.isMultiple(of: width) {
            storage = try self.alignedStorage(reference.storage.key, range, named: name)
            start = 0
        }
        let offset = start + reference.offset * width
        if Self.isDense(reference) { return Tensor(reference.type, storage: storage, byteOffset: offset) }
        try self.spend(reference.type.byteCount, for: name)
        let copy = TensorStorage(byteCount: reference.type.byteCount)
        Self.gather(reference, from: UnsafeRawBufferPointer(rebasing: storage.bytes[offset...]), into: copy)
        return Tensor(reference.type, storage: copy)
    }

    private mutating func spend(_ byteCount: Int, for name: String) throws(CheckpointError) {
        guard byteCount <= self.copyBudget else {
            throw CheckpointError(.tooLarge, name, "views repeat more data than the file has; save contiguous tensors")
        }
        self.copyBudget -= byteCount
    }

    private mutating func alignedStorage(
        _ key: String, _ range: Range<Int>, named name: String
    ) throws(CheckpointError) -> TensorStorage {
        if let copy = self.aligned[key] { return copy }
        try self.spend(range.count, for: name)
        let copy = TensorStorage(byteCount: range.count)
        copy.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: self.file.file.storage.bytes[range]))
        self.aligned[key] = copy
        return copy
    }

    private static func isDense(_ reference: PickleTree.TensorReference) -> Bool {
        if reference.type.elementCount <= 1 { return true }
        return zip(zip(reference.strides, reference.type.strides), reference.type.shape).allSatisfy { strides, size in
            size == 1 || strides.0 == strides.1
        }
    }

    private static func gather(
        _ reference: PickleTree.TensorReference, from source: UnsafeRawBufferPointer, into storage: TensorStorage
    ) {
        switch reference.type.dataType.byteCount {
        case 1: gatherRows(reference, from: source, into: storage, as: UInt8.self)
        case 2: gatherRows(reference, from: source, into: storage, as: UInt16.self)
        case 4: gatherRows(reference, from: source, into: storage, as: UInt32.self)
        default: gatherRows(reference, from: source, into: storage, as: UInt64.self)
        }
    }

    /// Copies a strided view, whose first element is at the start of `source`, to dense rows. It has elements: an
    /// empty tensor counts as dense.
    private static func gatherRows<Element: BitwiseCopyable>(
        _ reference: PickleTree.TensorReference, from source: UnsafeRawBufferPointer, into storage: TensorStorage,
        as type: Element.Type
    ) {
        let elements = source.bindMemory(to: Element.self)
        let destination = storage.bytes.bindMemory(to: Element.self)
        let outer = reference.type.shape.dropLast()
        let rowLength = reference.type.shape.last ?? 1
        let step = reference.strides.last ?? 1
        var index = [Int](repeating: 0, count: outer.count)
        var start = 0
        for row in 0..<reference.type.elementCount / rowLength {
            for column in 0..<rowLength { destination[row * rowLength + column] = elements[start + column * step] }
            for axis in outer.indices.reversed() {
                index[axis] += 1
                start += reference.strides[axis]
                if index[axis] < outer[axis] { break }
                start -= outer[axis] * reference.strides[axis]
                index[axis] = 0
            }
        }
    }
}
