/// JSON from a socket. Runs of numbers are kept packed, so that a tensor costs eight bytes an element.
package enum JSONNode: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONNode])
    /// A non-empty array of whole numbers only.
    case integers([Int64])
    /// A non-empty array of numbers, not all whole.
    case numbers([Double])
    case object([String: JSONNode])

    package subscript(key: String) -> JSONNode? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
}
