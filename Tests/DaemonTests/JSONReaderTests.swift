import Daemon
import Testing

@Suite struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONNode { try JSONReader.read(Array(text.utf8)[...]) }

    @Test func values() throws {
        #expect(
            try read(#" {"a": [1, 2], "b": {"c": "x\n\u00e4\ud83d\ude00"}, "d": null, "e": true} "#)
                == .object([
                    "a": .integers([1, 2]), "b": .object(["c": .string("x\nä😀")]), "d": .null, "e": .bool(true),
                ]))
        #expect(try read("[]") == .array([]))
        #expect(try read("[1, 2.5]") == .numbers([1, 2.5]))
        #expect(try read("[1, \"a\"]") == .array([.integer(1), .string("a")]))
        #expect(try read("[[1],[2]]") == .array([.integers([1]), .integers([2])]))
        #expect(try read("-9223372036854775807") == .integer(-9_223_372_036_854_775_807))
    }

    /// Swift's own conversion is the reference.
    @Test(arguments: [
        "0.1", "-0.0", "1e22", "1e23", "123456789012345678901234567890", "4.9e-324", "1.7976931348623157e308",
        "0.30000000000000004",
        "9007199254740993.0", "2.2250738585072014e-308", "1e-400", "5E+3", "-1.5e-7",
    ])
    func numbersAreNearest(_ text: String) throws {
        guard case .number(let value) = try read(text) else {
            Issue.record("\(text) is no number")
            return
        }
        #expect(value.bitPattern == Double(text)?.bitPattern)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "-", "1.", ".5", "1e", "+1",
        "nul", "tru", "\"", "\"\\", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\x\"", "\"\u{1}\"", "1 2", "{}x", "1e999",
        "{\"a\":1,\"a\":2}", "NaN", "Infinity", "[1 2]", "'a'", "\"\\udc00\"",
    ])
    func damagedTextIsRefused(_ text: String) {
        #expect(throws: DaemonError.self) { try read(text) }
    }

    @Test func depthIsBounded() throws {
        _ = try read(String(repeating: "[", count: 32) + String(repeating: "]", count: 32))
        #expect(throws: DaemonError.self) { try read(String(repeating: "[", count: 33) + String(repeating: "]", count: 33)) }
        #expect(throws: DaemonError.self) { try read(String(repeating: "[", count: 1_000_000)) }
    }

    @Test func brokenUTF8IsRefused() {
        #expect(throws: DaemonError.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    }

    /// Every truncation and every flipped bit of a request is a value or an error.
    @Test func damageNeverTraps() {
        let text = Array(
            #"{"id":"7","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1.5,-2e3]}],"p":{"q":[]}}"#.utf8)
        var outcomes = 0
        for end in text.indices {
            if (try? JSONReader.read(text[..<end])) == nil { outcomes += 1 }
        }
        #expect(outcomes == text.count)
        for index in text.indices {
            for bit in 0..<8 {
                var damaged = text
                damaged[index] ^= 1 << UInt8(bit)
                _ = try? JSONReader.read(damaged[...])
            }
        }
    }
}
