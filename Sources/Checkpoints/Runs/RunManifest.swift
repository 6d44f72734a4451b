import Foundation

/// `manifest.json` of a run: who made it, when, and which files belong to it.
package struct RunManifest: Sendable, Hashable, Codable {
    /// The version of the layout that this code reads and writes.
    package static let currentFormat = 1

    package let formatVersion: Int
    /// The program that made the run, `dr-train` for example.
    package let tool: String
    package let toolVersion: String
    /// UTC, ISO 8601.
    package let created: String
    package let seed: UInt64
    /// Length and SHA-256 by file name.
    package var files: [String: FileDigest]

    package init(
        tool: String, toolVersion: String, created: String = Date().ISO8601Format(), seed: UInt64,
        files: [String: FileDigest] = [:]
    ) {
        self.formatVersion = Self.currentFormat
        self.tool = tool
        self.toolVersion = toolVersion
        self.created = created
        self.seed = seed
        self.files = files
    }
}

/// `manifest.json` of a checkpoint: the files that make it whole.
struct CheckpointManifest: Codable {
    let formatVersion: Int
    let files: [String: FileDigest]
}

/// The value as JSON with sorted keys.
func encodeJSON(_ value: some Encodable, file: String) throws(CheckpointError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    } catch {
        throw CheckpointError(.malformed, file, "cannot be written as JSON (not a number or infinite?)")
    }
}

/// The value that a JSON file holds.
func decodeJSON<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], file: String) throws(CheckpointError) -> Value {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
        throw CheckpointError(.malformed, file, reason(error))
    } catch {
        throw CheckpointError(.malformed, file, "not JSON")
    }
}

/// Why and where decoding failed, without values.
private func reason(_ error: DecodingError) -> String {
    func dotted(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    return switch error {
    case .keyNotFound(let key, let context): "the field \(dotted(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): "the field \(dotted(context.codingPath)) has another type"
    case .dataCorrupted(let context) where context.codingPath.isEmpty: "is not valid JSON"
    case .dataCorrupted(let context): "the field \(dotted(context.codingPath)) is not valid"
    @unknown default: "cannot be read"
    }
}
