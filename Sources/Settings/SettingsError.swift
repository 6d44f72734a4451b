/// What is wrong with a file of settings, with the key at fault.
package struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case file
        case syntax
        case unknownKey
        case value
    }

    package let code: Code
    /// The file or the dotted key.
    package let subject: String
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    /// A value that does not fit its key, in words.
    package init(_ error: DecodingError) {
        func dotted(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map(String.init) ?? snakeCase($0.stringValue) }.joined(separator: ".")
        }
        switch error {
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(.value, dotted(context.codingPath), "must be \(expected(type))")
        case .keyNotFound(let key, let context):
            self.init(.value, dotted(context.codingPath + [key]), "is missing")
        case .dataCorrupted(let context):
            self.init(.value, dotted(context.codingPath), context.debugDescription)
        @unknown default:
            self.init(.value, "settings", "\(error)")
        }
    }

    package var description: String { "\(self.subject): \(self.message)" }
}

/// A property's name as the file spells it: `batchSize` is `batch_size`.
private func snakeCase(_ name: String) -> String {
    name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
}

/// What a key of this type takes, in words.
private func expected(_ type: Any.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is String.Type: "a text"
    case is [Any].Type: "a list"
    default: "a mapping"
    }
}
