package import Foundation
import Yams

/// Reads settings as people write them: YAML whose keys are known, in snake case.
package enum SettingsFile {
    /// A mapping: values are texts, numbers, booleans, `NSNull`, lists and mappings.
    package typealias Tree = [String: Any]

    /// The mapping that a YAML file holds, empty for an empty file.
    /// - Parameter sections: names that errors suggest.
    package static func tree(ofFile path: String, sections: String) throws(SettingsError) -> Tree {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SettingsError(.file, path, "cannot be read")
        }
        return try self.tree(of: text, name: path, sections: sections)
    }

    /// The mapping that a YAML text holds, empty for an empty text. Errors call it `name`.
    package static func tree(of text: String, name: String, sections: String) throws(SettingsError) -> Tree {
        let value: Any?
        do {
            value = try Yams.load(yaml: text)
        } catch {
            throw SettingsError(.syntax, name, "is not valid YAML: \(error)")
        }
        guard let value else { return [:] }
        guard let tree = value as? Tree else {
            throw SettingsError(.syntax, name, "must hold a mapping with the keys \(sections)")
        }
        return tree
    }

    /// Throws at the first key that `known` does not have at the same place, with the nearest name. Of a list of mappings,
    /// `known` has one.
    package static func refuseUnknownKeys(_ given: Tree, known: Tree) throws(SettingsError) {
        try self.refuseUnknownKeys(given, known: known, prefix: "")
    }

    private static func refuseUnknownKeys(_ given: Tree, known: Tree, prefix: String) throws(SettingsError) {
        for (key, value) in given.sorted(by: { $0.key < $1.key }) {
            guard let expected = known[key] else {
                throw SettingsError(.unknownKey, prefix + key, self.unknownKeyMessage(key, among: Array(known.keys)))
            }
            if let inner = value as? Tree, let expected = expected as? Tree {
                try self.refuseUnknownKeys(inner, known: expected, prefix: prefix + key + ".")
            } else if let list = value as? [Any], let expected = (expected as? [Any])?.first as? Tree {
                for (index, element) in list.enumerated() {
                    guard let inner = element as? Tree else { continue }
                    try self.refuseUnknownKeys(inner, known: expected, prefix: "\(prefix)\(key).\(index).")
                }
            }
        }
    }

    /// What to say of a key that is not among the known ones.
    package static func unknownKeyMessage(_ key: String, among known: [String]) -> String {
        "unknown key" + (nearestName(to: key, among: known).map { "; did you mean \($0)?" } ?? "")
    }

    /// A value as a tree, its keys in snake case.
    package static func tree(of value: some Encodable) throws(SettingsError) -> Tree {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        do {
            return try JSONSerialization.jsonObject(with: try encoder.encode(value)) as? Tree ?? [:]
        } catch {
            throw SettingsError(.value, "settings", "cannot be encoded: \(error)")
        }
    }

    /// The value that a tree stands for. Keys without a value count as absent.
    package static func decode<Value: Decodable>(_ type: Value.Type, from tree: Tree) throws(SettingsError) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: self.json(tree))
        } catch let error as SettingsError {
            throw error
        } catch let error as DecodingError {
            throw SettingsError(error)
        } catch {
            throw SettingsError(.value, "settings", "\(error)")
        }
    }

    /// A tree as JSON. YAML's dates and infinite numbers, which JSON does not have, are refused.
    package static func json(_ tree: Tree) throws(SettingsError) -> Data {
        let plain = self.withoutNull(tree)
        for (key, value) in plain.sorted(by: { $0.key < $1.key }) where !JSONSerialization.isValidJSONObject([key: value]) {
            throw SettingsError(.value, key, "has a value that is no text, finite number, list or mapping; quote texts")
        }
        do {
            return try JSONSerialization.data(withJSONObject: plain)
        } catch {
            throw SettingsError(.value, "settings", "\(error)")
        }
    }

    private static func withoutNull(_ tree: Tree) -> Tree {
        tree.compactMapValues { value in
            if value is NSNull { return nil }
            return (value as? Tree).map(self.withoutNull) ?? value
        }
    }
}
