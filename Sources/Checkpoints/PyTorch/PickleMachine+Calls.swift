import Graph

/// The globals that a file of weights may call.
enum PickleCall {
    static let orderedDictionary = "collections.OrderedDict"
    static let tensor = "torch._utils._rebuild_tensor_v2"
    static let parameter = "torch._utils._rebuild_parameter"

    /// Kept as opaque nodes. numpy 2 has renamed its module.
    static let opaque: Set<String> = [
        "argparse.Namespace", "numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar", "numpy._core.multiarray._reconstruct", "numpy.dtype", "_codecs.encode",
    ]

    static let storages: [String: DataType] = [
        "torch.FloatStorage": .float32, "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16,
        "torch.DoubleStorage": .float64, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
        "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8, "torch.BoolStorage": .bool,
    ]
}

extension PickleMachine {
    /// What the call of `name` makes; a name that is not on the list is an error.
    func result(
        of name: String, _ items: [PickleTree.Reference], _ arguments: PickleTree.Reference, instantiate: Bool
    ) throws(CheckpointError) -> PickleTree.Node {
        if PickleCall.opaque.contains(name) { return .opaque(name: name, arguments: arguments, state: nil) }
        switch name {
        case PickleCall.orderedDictionary where items.isEmpty: return .dictionary([])
        case PickleCall.orderedDictionary where items.count == 1: return .dictionary(try self.pairs(items[0]))
        case PickleCall.tensor where !instantiate: return .tensor(try self.tensor(items))
        case PickleCall.parameter where !instantiate && !items.isEmpty:
            guard case .tensor = self.nodes[items[0].index] else { throw self.error(.malformed, "a parameter without tensor") }
            return self.nodes[items[0].index]
        default:
            let advice = "a file of weights needs no such call; save only the state_dict again if you trust its origin"
            throw self.error(.forbidden, "calls \(name), which is not allowed; nothing was executed; \(advice)")
        }
    }

    /// The storage that a persistent id stands for: `("storage", class, key, location, element count[, view])`.
    func storage(_ identifier: PickleTree.Reference) throws(CheckpointError) -> PickleTree.Node {
        guard case .tuple(let items) = self.nodes[identifier.index], items.count == 5 || items.count == 6,
            case .string("storage") = self.nodes[items[0].index], case .global(let name) = self.nodes[items[1].index],
            case .string(let key) = self.nodes[items[2].index], case .integer(let count) = self.nodes[items[4].index], count >= 0
        else {
            throw self.error(.malformed, "a persistent id that is no storage")
        }
        guard let dataType = PickleCall.storages[name] else {
            throw self.error(.unsupported, "the storage class \(name) is not known here")
        }
        if items.count == 6 {
            guard case .none = self.nodes[items[5].index] else {
                throw self.error(.unsupported, "storage views, which PyTorch wrote before 0.4")
            }
        }
        return .storage(PickleTree.StorageReference(key: key, dataType: dataType, elementCount: count))
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])`, checked against the storage.
    private func tensor(_ items: [PickleTree.Reference]) throws(CheckpointError) -> PickleTree.TensorReference {
        guard (6...7).contains(items.count), case .storage(let storage) = self.nodes[items[0].index],
            case .integer(let offset) = self.nodes[items[1].index], let shape = self.integers(items[2]),
            let strides = self.integers(items[3]), shape.count == strides.count, shape.count <= 64
        else {
            throw self.error(.malformed, "the arguments of _rebuild_tensor_v2 have the wrong types")
        }
        guard TensorType.checkedElementCount(shape, byteCount: storage.dataType.byteCount) != nil else {
            throw self.error(.malformed, "the shape \(shape) is impossible")
        }
        let type = TensorType(storage.dataType, shape)
        guard offset >= 0, let last = Self.lastElement(offset, shape, strides),
            shape.contains(0) ? offset <= storage.elementCount : last < storage.elementCount
        else {
            let view = "offset \(offset), shape \(shape), strides \(strides)"
            throw self.error(.malformed, "a tensor (\(view)) outside its storage of \(storage.elementCount) elements")
        }
        return PickleTree.TensorReference(storage: storage, offset: offset, type: type, strides: strides)
    }

    /// The largest index that a view touches; nil when a stride is negative or the sum overflows.
    private static func lastElement(_ offset: Int, _ shape: [Int], _ strides: [Int]) -> Int? {
        var last = offset
        for (size, stride) in zip(shape, strides) {
            guard stride >= 0 else { return nil }
            let (distance, tooFar) = max(size - 1, 0).multipliedReportingOverflow(by: stride)
            let (sum, overflow) = last.addingReportingOverflow(distance)
            guard !tooFar, !overflow else { return nil }
            last = sum
        }
        return last
    }

    private func integers(_ reference: PickleTree.Reference) -> [Int]? {
        guard case .tuple(let items) = self.nodes[reference.index] else { return nil }
        var integers: [Int] = []
        for item in items {
            guard case .integer(let integer) = self.nodes[item.index] else { return nil }
            integers.append(integer)
        }
        return integers
    }

    /// The entries of a list of pairs, the way Python 2 wrote an OrderedDict.
    private func pairs(_ reference: PickleTree.Reference) throws(CheckpointError) -> [PickleTree.Entry] {
        guard case .list(let items) = self.nodes[reference.index] else {
            throw self.error(.malformed, "OrderedDict takes a list of pairs")
        }
        var entries: [PickleTree.Entry] = []
        for item in items {
            switch self.nodes[item.index] {
            case .list(let pair) where pair.count == 2, .tuple(let pair) where pair.count == 2:
                entries.append(PickleTree.Entry(key: pair[0], value: pair[1]))
            default: throw self.error(.malformed, "OrderedDict takes a list of pairs")
            }
        }
        return entries
    }
}

/// The name of a pickle opcode for errors: those that other pickles use, else its number.
func pickleOpcodeName(_ opcode: UInt8) -> String {
    let names: [UInt8: String] = [
        0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x46: "FLOAT", 0x49: "INT", 0x4C: "LONG", 0x50: "PERSID", 0x53: "STRING",
        0x54: "BINSTRING", 0x55: "SHORT_BINSTRING", 0x56: "UNICODE", 0x64: "DICT", 0x67: "GET", 0x69: "INST", 0x6C: "LIST",
        0x6F: "OBJ", 0x70: "PUT", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x8B: "LONG4", 0x42: "BINBYTES",
        0x43: "SHORT_BINBYTES", 0x8C: "SHORT_BINUNICODE", 0x8D: "BINUNICODE8", 0x8E: "BINBYTES8", 0x8F: "EMPTY_SET",
        0x90: "ADDITEMS", 0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x93: "STACK_GLOBAL", 0x94: "MEMOIZE", 0x95: "FRAME",
        0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
    ]
    let digits = String(opcode, radix: 16)
    return names[opcode] ?? "0x\(digits)"
}
