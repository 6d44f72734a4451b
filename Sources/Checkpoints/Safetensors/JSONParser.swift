/// A strict JSON reader for headers and manifests: names may not repeat, nesting is bounded, nothing may follow.
struct JSONParser {
    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var position = 0
    private static let deepest = 64

    /// The value that `bytes` spell, white space around it allowed.
    static func parse(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, file: file)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error("something follows the JSON value") }
        return value
    }

    private init(bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    private func error(_ message: String) -> CheckpointError {
        CheckpointError(.malformed, self.file, "JSON: \(message) at byte \(self.position)")
    }

    private var peek: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func skipSpace() {
        while let byte = self.peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.position += 1 }
    }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard let byte = self.peek, UInt32(byte) == character.value else { return false }
        self.position += 1
        return true
    }

    private mutating func value(depth: Int) throws(CheckpointError) -> JSONValue {
        guard depth < Self.deepest else { throw self.error("nested deeper than \(Self.deepest) levels") }
        self.skipSpace()
        switch self.peek {
        case UInt8(ascii: "{"): return try self.object(depth: depth)
        case UInt8(ascii: "["): return try self.array(depth: depth)
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.word("true", .bool(true))
        case UInt8(ascii: "f"): return try self.word("false", .bool(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        case .some: return try self.number()
        case nil: throw self.error("the text ends early")
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(CheckpointError) -> JSONValue {
        for scalar in word.unicodeScalars {
            guard self.consume(scalar) else { throw self.error("expected \(word)") }
        }
        return value
    }

    private mutating func object(depth: Int) throws(CheckpointError) -> JSONValue {
        self.position += 1
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        self.skipSpace()
        if self.consume("}") { return .object([]) }
        while true {
            self.skipSpace()
            guard self.peek == UInt8(ascii: "\"") else { throw self.error("expected a name") }
            let name = try self.string()
            guard names.insert(name).inserted else { throw self.error("the name \(name) occurs twice") }
            self.skipSpace()
            guard self.consume(":") else { throw self.error("expected a colon") }
            members.append(JSONValue.Member(name, try self.value(depth: depth + 1)))
            self.skipSpace()
            if self.consume("}") { return .object(members) }
            guard self.consume(",") else { throw self.error("expected a comma or }") }
        }
    }

    private mutating func array(depth: Int) throws(CheckpointError) -> JSONValue {
        self.position += 1
        var items: [JSONValue] = []
        self.skipSpace()
        if self.consume("]") { return .array([]) }
        while true {
            items.append(try self.value(depth: depth + 1))
            self.skipSpace()
            if self.consume("]") { return .array(items) }
            guard self.consume(",") else { throw self.error("expected a comma or ]") }
        }
    }

    private mutating func number() throws(CheckpointError) -> JSONValue {
        let start = self.position
        while let byte = self.peek, Self.isNumberByte(byte) { self.position += 1 }
        // Longer than any number that has a meaning here; keeps the copy below small.
        guard self.position > start, self.position - start <= 64 else { throw self.error("expected a value") }
        let text = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, (0x30...0x39).contains(first) else { throw self.error("\(text) is no number") }
        if digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw self.error("\(text) is no number") }
        return .number(value)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
        default: false
        }
    }

    private mutating func string() throws(CheckpointError) -> String {
        self.position += 1
        var text: [UInt8] = []
        while let byte = self.peek {
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw self.error("the string is not UTF-8") }
                return string
            case UInt8(ascii: "\\"): try self.escape(into: &text)
            case 0..<0x20: throw self.error("a control character stands in a string")
            default: text.append(byte)
            }
        }
        throw self.error("a string does not end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(CheckpointError) {
        guard let byte = self.peek else { throw self.error("a string does not end") }
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try self.hexadecimalUnit()
            if (0xD800..<0xDC00).contains(code) {
                guard self.consume("\\"), self.consume("u") else { throw self.error("half a surrogate pair") }
                let low = try self.hexadecimalUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw self.error("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw self.error("half a surrogate pair") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw self.error("unknown escape")
        }
    }

    private mutating func hexadecimalUnit() throws(CheckpointError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = self.peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw self.error("expected four hexadecimal digits")
            }
            self.position += 1
            code = code << 4 | UInt32(digit)
        }
        return code
    }
}

extension JSONValue {
    /// The value that the bytes of `file` spell.
    package static func parse(_ bytes: [UInt8], file: String) throws(CheckpointError) -> JSONValue {
        let result = bytes.withUnsafeBytes { (buffer) -> Result<JSONValue, CheckpointError> in
            do throws(CheckpointError) {
                return .success(try JSONParser.parse(buffer, file: file))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
