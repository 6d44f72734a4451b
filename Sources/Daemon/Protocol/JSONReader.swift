/// Reads JSON (RFC 8259) from bytes that nobody vouches for: bounded depth, no duplicate keys, no number outside double
/// precision, nothing after the value. Memory stays below a small multiple of the input.
package struct JSONReader: ~Copyable {
    /// Arrays and objects inside each other.
    package static let deepest = 32

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var depth = 0

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        self.position = bytes.startIndex
    }

    /// The one value that `bytes` are.
    package static func read(_ bytes: ArraySlice<UInt8>) throws(DaemonError) -> JSONNode {
        var reader = JSONReader(bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.endIndex else { throw reader.error("has something after its end") }
        return value
    }

    private func error(_ message: String) -> DaemonError {
        DaemonError(.invalid, "JSON", "\(message) (byte \(self.position - self.bytes.startIndex))")
    }

    private var current: UInt8? { self.position < self.bytes.endIndex ? self.bytes[self.position] : nil }

    private mutating func skipSpace() {
        while let byte = self.current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.position += 1 }
    }

    /// Skips space and takes `byte` if it is next.
    private mutating func take(_ byte: Character) -> Bool {
        self.skipSpace()
        guard let current = self.current, current == byte.asciiValue else { return false }
        self.position += 1
        return true
    }

    private mutating func value() throws(DaemonError) -> JSONNode {
        self.skipSpace()
        guard let byte = self.current else { throw self.error("ends early") }
        switch byte {
        case UInt8(ascii: "{"): return try self.nested { (reader) throws(DaemonError) in try reader.object() }
        case UInt8(ascii: "["): return try self.nested { (reader) throws(DaemonError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try self.text())
        case UInt8(ascii: "t"): return try self.word("true", .bool(true))
        case UInt8(ascii: "f"): return try self.word("false", .bool(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        default: return try self.number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONReader) throws(DaemonError) -> JSONNode
    ) throws(DaemonError) -> JSONNode {
        guard self.depth < Self.deepest else { throw self.error("is nested deeper than \(Self.deepest)") }
        self.depth += 1
        self.position += 1
        let value = try body(&self)
        self.depth -= 1
        return value
    }

    private mutating func word(_ text: String, _ value: JSONNode) throws(DaemonError) -> JSONNode {
        guard self.bytes[self.position...].starts(with: text.utf8) else { throw self.error("has an unknown word") }
        self.position += text.utf8.count
        return value
    }

    private mutating func object() throws(DaemonError) -> JSONNode {
        var members: [String: JSONNode] = [:]
        if self.take("}") { return .object(members) }
        repeat {
            self.skipSpace()
            guard self.current == UInt8(ascii: "\"") else { throw self.error("needs a key in quotes") }
            let key = try self.text()
            guard self.take(":") else { throw self.error("needs a colon after a key") }
            guard members.updateValue(try self.value(), forKey: key) == nil else { throw self.error("has a key twice") }
        } while self.take(",")
        guard self.take("}") else { throw self.error("needs a comma or a closing brace") }
        return .object(members)
    }

    private mutating func array() throws(DaemonError) -> JSONNode {
        var elements = PackedElements()
        if self.take("]") { return .array([]) }
        repeat { elements.append(try self.value()) } while self.take(",")
        guard self.take("]") else { throw self.error("needs a comma or a closing bracket") }
        return elements.node
    }
}

extension JSONReader {
    private mutating func number() throws(DaemonError) -> JSONNode {
        let start = self.position
        let isNegative = self.current == UInt8(ascii: "-")
        if isNegative { self.position += 1 }
        guard let first = self.current, (48...57).contains(first) else { throw self.error("has no value where one is due") }
        var decimal = DecimalNumber()
        self.digits { decimal.appendWhole($0) }
        if first == 48, self.position - start > (isNegative ? 2 : 1) { throw self.error("has a number with a leading zero") }
        var isWhole = true
        if self.current == UInt8(ascii: ".") {
            isWhole = false
            self.position += 1
            guard self.digits({ decimal.appendFraction($0) }) > 0 else { throw self.error("has a point without digits") }
        }
        if self.current == UInt8(ascii: "e") || self.current == UInt8(ascii: "E") {
            isWhole = false
            self.position += 1
            let sign = self.current
            if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { self.position += 1 }
            var exponent = 0
            guard self.digits({ exponent = min(exponent * 10 + $0, 100_000) }) > 0 else {
                throw self.error("has an exponent without digits")
            }
            decimal.scale(by: sign == UInt8(ascii: "-") ? -exponent : exponent)
        }
        if isWhole, let whole = decimal.whole(isNegative: isNegative) { return .integer(whole) }
        let text = self.bytes[start..<self.position]
        guard let value = decimal.exact(isNegative: isNegative) ?? Double(String(decoding: text, as: UTF8.self)), value.isFinite
        else { throw self.error("has a number that double precision cannot hold") }
        return .number(value)
    }

    /// Takes digits; returns how many.
    @discardableResult
    private mutating func digits(_ body: (Int) -> Void) -> Int {
        let start = self.position
        while let byte = self.current, (48...57).contains(byte) {
            body(Int(byte) - 48)
            self.position += 1
        }
        return self.position - start
    }

    private mutating func text() throws(DaemonError) -> String {
        self.position += 1
        var characters: [UInt8] = []
        while let byte = self.current {
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: characters, as: UTF8.self) else {
                    throw self.error("has a text that is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                characters += try self.escape()
            case 0..<0x20:
                throw self.error("has a control character in a text")
            default:
                characters.append(byte)
            }
        }
        throw self.error("ends inside a text")
    }

    private mutating func escape() throws(DaemonError) -> [UInt8] {
        guard let byte = self.current else { throw self.error("ends inside a text") }
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var unit = try self.hexadecimal()
            if (0xD800..<0xDC00).contains(unit) {
                guard self.bytes[self.position...].starts(with: "\\u".utf8) else { throw self.error("has half a character") }
                self.position += 2
                let low = try self.hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw self.error("has half a character") }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw self.error("has half a character") }
            return Array(String(Character(scalar)).utf8)
        default: throw self.error("has an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(DaemonError) -> UInt32 {
        let digits = self.bytes[self.position...].prefix(4)
        let isHexadecimal = digits.allSatisfy { (48...57).contains($0) || (65...70).contains($0) || (97...102).contains($0) }
        guard digits.count == 4, isHexadecimal, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw self.error("has a bad \\u escape")
        }
        self.position += 4
        return unit
    }
}
