#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The JSON of a value with sorted keys. Our values have finite numbers only, so encoding cannot fail.
func encodedJSON(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
        return Array("{\"error\": \"the answer has a number that is not finite\"}".utf8)
    }
    return [UInt8](data)
}

/// A value from JSON; nil when the JSON is another.
func decodedJSON<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) -> Value? {
    try? JSONDecoder().decode(type, from: Data(bytes))
}
