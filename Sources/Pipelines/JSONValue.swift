/// Free JSON inside a typed document: a recipe, a summary of a validation.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let values): try container.encode(values)
        }
    }
}

extension JSONValue {
    /// The first key of an object in `self` that `known` does not have at the same place, as a path such as `task.crop`.
    func unknownKey(comparedTo known: JSONValue) -> String? {
        switch (self, known) {
        case (.object(let values), .object(let knownValues)):
            for key in values.keys.sorted() {
                guard let value = values[key], value != .null else { continue }
                guard let other = knownValues[key] else { return key }
                if let inner = value.unknownKey(comparedTo: other) { return "\(key).\(inner)" }
            }
            return nil
        case (.array(let values), .array(let knownValues)):
            for (index, pair) in zip(values, knownValues).enumerated() {
                if let inner = pair.0.unknownKey(comparedTo: pair.1) { return "\(index).\(inner)" }
            }
            return nil
        default:
            return nil
        }
    }
}
