/// Interprets the pickles that `torch.save` writes for state dictionaries; everything else is an error.
///
/// It knows 31 opcodes and builds a `PickleTree`. A global is only a name here; `REDUCE` and `NEWOBJ` accept the
/// names of `PickleCall` and nothing else.
struct PickleMachine {
    var reader: ByteReader
    var nodes: [PickleTree.Node] = []
    private var stack: [PickleTree.Reference] = []
    private var marks: [Int] = []
    private var memo: [UInt32: PickleTree.Reference] = [:]
    /// Where the current opcode stands.
    private var opcodeOffset = 0
    /// How many more tensors, and entries copied from lists, are accepted: a few bytes of pickle make one of them.
    private var tensorsLeft = 100_000
    private var pairsLeft = 1_000_000

    /// More than any state dictionary has, few enough that the nodes stay below some hundred megabytes.
    private static let mostNodes = 4_000_000

    /// Starts at byte `position` of `bytes`; errors speak of `file`.
    private init(_ bytes: UnsafeRawBufferPointer, file: String, at position: Int) {
        self.reader = ByteReader(bytes, file: file, at: position)
    }

    /// Runs one pickle and says where it ends.
    static func run(
        _ bytes: UnsafeRawBufferPointer, file: String, at position: Int = 0
    ) throws(CheckpointError) -> (tree: PickleTree, end: Int) {
        var machine = PickleMachine(bytes, file: file, at: position)
        while true {
            machine.opcodeOffset = machine.reader.position
            let opcode = try machine.reader.next(UInt8.self, "an opcode")
            if opcode == UInt8(ascii: ".") { break }
            try machine.step(opcode)
        }
        let root = try machine.pop()
        return (PickleTree(nodes: machine.nodes, root: root), machine.reader.position)
    }

    func error(_ code: CheckpointError.Code, _ message: String) -> CheckpointError {
        CheckpointError(code, self.reader.file, "pickle, byte \(self.opcodeOffset): \(message)")
    }

    // swift-format-ignore: one line per opcode
    private mutating func step(_ opcode: UInt8) throws(CheckpointError) {
        switch Unicode.Scalar(opcode) {
        case "\u{80}": try self.version()
        case "(": try self.mark()
        case "}": try self.push(.dictionary([]))
        case ")": try self.push(.tuple([]))
        case "]": try self.push(.list([]))
        case "N": try self.push(.none)
        case "\u{88}": try self.push(.bool(true))
        case "\u{89}": try self.push(.bool(false))
        case "J": try self.push(.integer(Int(self.reader.next(Int32.self, "BININT"))))
        case "K": try self.push(.integer(Int(self.reader.next(UInt8.self, "BININT1"))))
        case "M": try self.push(.integer(Int(self.reader.next(UInt16.self, "BININT2"))))
        case "\u{8A}": try self.long()
        case "G": try self.push(.float(Double(bitPattern: self.reader.next(UInt64.self, "BINFLOAT").byteSwapped)))
        case "X": try self.string()
        case "q": try self.remember(UInt32(self.reader.next(UInt8.self, "BINPUT")))
        case "r": try self.remember(self.reader.next(UInt32.self, "LONG_BINPUT"))
        case "h": try self.recall(UInt32(self.reader.next(UInt8.self, "BINGET")))
        case "j": try self.recall(self.reader.next(UInt32.self, "LONG_BINGET"))
        case "\u{85}": try self.tuple(of: 1)
        case "\u{86}": try self.tuple(of: 2)
        case "\u{87}": try self.tuple(of: 3)
        case "t": try self.push(.tuple(self.popToMark()))
        case "a": try self.append([self.pop()])
        case "e": try self.append(self.popToMark())
        case "s": try self.setItem()
        case "u": try self.setItems(self.popToMark())
        case "c": try self.global()
        case "Q": try self.persistent()
        case "R": try self.call(instantiate: false)
        case "\u{81}": try self.call(instantiate: true)
        case "b": try self.build()
        default:
            let name = pickleOpcodeName(opcode)
            throw self.error(.forbidden, "the opcode \(name) does not belong in a file of weights; nothing was executed")
        }
    }

    mutating func push(_ node: PickleTree.Node) throws(CheckpointError) {
        guard self.nodes.count < Self.mostNodes else {
            throw self.error(.tooLarge, "more than \(Self.mostNodes) objects")
        }
        self.stack.append(PickleTree.Reference(index: self.nodes.count))
        self.nodes.append(node)
    }

    private mutating func pop() throws(CheckpointError) -> PickleTree.Reference {
        guard self.stack.count > self.marks.last ?? 0, let top = self.stack.popLast() else {
            throw self.error(.malformed, "the stack is empty")
        }
        return top
    }

    private func top() throws(CheckpointError) -> PickleTree.Reference {
        guard self.stack.count > self.marks.last ?? 0, let top = self.stack.last else {
            throw self.error(.malformed, "the stack is empty")
        }
        return top
    }

    private mutating func mark() throws(CheckpointError) {
        guard self.marks.count < Self.mostNodes else { throw self.error(.tooLarge, "too many marks") }
        self.marks.append(self.stack.count)
    }

    private mutating func popToMark() throws(CheckpointError) -> [PickleTree.Reference] {
        guard let mark = self.marks.popLast() else { throw self.error(.malformed, "no mark on the stack") }
        let items = Array(self.stack[mark...])
        self.stack.removeSubrange(mark...)
        return items
    }

    private mutating func version() throws(CheckpointError) {
        let version = try self.reader.next(UInt8.self, "PROTO")
        guard version == 2 else {
            let advice = "save again with torch.save and its default pickle_protocol=2"
            throw self.error(.unsupported, "pickle protocol \(version); \(advice)")
        }
    }

    private mutating func long() throws(CheckpointError) {
        let count = Int(try self.reader.next(UInt8.self, "LONG1"))
        let bytes = Array(try self.reader.take(count, "LONG1"))
        guard count <= 8 else { return try self.push(.wideInteger(bytes)) }
        var value: Int = (bytes.last ?? 0) & 0x80 == 0 ? 0 : -1
        for byte in bytes.reversed() { value = value << 8 | Int(byte) }
        try self.push(.integer(value))
    }

    private mutating func string() throws(CheckpointError) {
        let count = Int(try self.reader.next(UInt32.self, "BINUNICODE"))
        let bytes = try self.reader.take(count, "BINUNICODE")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw self.error(.malformed, "a string is not UTF-8")
        }
        try self.push(.string(text))
    }

    private mutating func remember(_ slot: UInt32) throws(CheckpointError) {
        self.memo[slot] = try self.top()
        guard self.memo.count <= Self.mostNodes else { throw self.error(.tooLarge, "too many memo slots") }
    }

    private mutating func recall(_ slot: UInt32) throws(CheckpointError) {
        guard let reference = self.memo[slot] else { throw self.error(.malformed, "memo slot \(slot) is empty") }
        guard self.stack.count < Self.mostNodes else { throw self.error(.tooLarge, "the stack is too high") }
        self.stack.append(reference)
    }

    private mutating func tuple(of count: Int) throws(CheckpointError) {
        var items: [PickleTree.Reference] = []
        for _ in 0..<count { items.append(try self.pop()) }
        try self.push(.tuple(items.reversed()))
    }

    private mutating func append(_ items: [PickleTree.Reference]) throws(CheckpointError) {
        let target = try self.top().index
        guard case .list(var list) = self.nodes[target] else { throw self.error(.malformed, "APPEND to what is no list") }
        // Taken out so that the array is not copied.
        self.nodes[target] = .none
        list.append(contentsOf: items)
        self.nodes[target] = .list(list)
    }

    private mutating func setItem() throws(CheckpointError) {
        let value = try self.pop()
        let key = try self.pop()
        try self.setItems([key, value])
    }

    private mutating func setItems(_ items: [PickleTree.Reference]) throws(CheckpointError) {
        let target = try self.top().index
        guard case .dictionary(var entries) = self.nodes[target], items.count.isMultiple(of: 2) else {
            throw self.error(.malformed, "SETITEMS on what is no dictionary, or an odd number of items")
        }
        self.nodes[target] = .none
        for index in stride(from: 0, to: items.count, by: 2) {
            entries.append(PickleTree.Entry(key: items[index], value: items[index + 1]))
        }
        self.nodes[target] = .dictionary(entries)
    }

    private mutating func global() throws(CheckpointError) {
        let module = try self.line()
        let name = try self.line()
        try self.push(.global("\(module).\(name)"))
    }

    /// Text up to the next line feed.
    private mutating func line() throws(CheckpointError) -> String {
        let rest = self.reader.bytes[self.reader.position...].prefix(1024)
        guard let end = rest.firstIndex(of: 0x0A) else { throw self.error(.malformed, "a name in GLOBAL does not end") }
        let bytes = try self.reader.take(end - self.reader.position, "GLOBAL")
        self.reader.position += 1
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw self.error(.malformed, "a name in GLOBAL is not UTF-8")
        }
        return text
    }

    private mutating func persistent() throws(CheckpointError) {
        try self.push(self.storage(self.pop()))
    }

    private mutating func call(instantiate: Bool) throws(CheckpointError) {
        let arguments = try self.pop()
        let callee = try self.pop()
        guard case .global(let name) = self.nodes[callee.index], case .tuple(let items) = self.nodes[arguments.index] else {
            throw self.error(.malformed, "a call of what is no global, or without a tuple of arguments")
        }
        let result = try self.result(of: name, items, arguments, instantiate: instantiate)
        switch result {
        case .tensor: self.tensorsLeft -= 1
        case .dictionary(let entries): self.pairsLeft -= entries.count
        default: break
        }
        guard self.tensorsLeft >= 0, self.pairsLeft >= 0 else { throw self.error(.tooLarge, "too many tensors or entries") }
        try self.push(result)
    }

    private mutating func build() throws(CheckpointError) {
        let state = try self.pop()
        let target = try self.top()
        switch self.nodes[target.index] {
        case .dictionary:
            // The attributes of an OrderedDict (`_metadata`) mean nothing here.
            break
        case .opaque(let name, let arguments, _):
            self.nodes[target.index] = .opaque(name: name, arguments: arguments, state: state)
        default:
            throw self.error(.forbidden, "BUILD on an object that takes no state")
        }
    }
}
