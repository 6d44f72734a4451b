import Architectures
import Checkpoints
import Foundation
import Imaging
import Settings
import Yams

/// What is wrong with a configuration, with the key at fault.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
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

    package var description: String { "\(self.subject): \(self.message)" }

    init(_ error: SettingsError) {
        let code: Code =
            switch error.code {
            case .file: .file
            case .syntax: .syntax
            case .unknownKey: .unknownKey
            case .value: .value
            }
        self.init(code, error.subject, error.message)
    }
}

/// Reads a configuration from YAML and overrides, over the defaults.
package enum ConfigurationFile {
    private typealias Tree = SettingsFile.Tree

    /// - Parameters:
    ///   - path: a YAML file; nil for the defaults alone.
    ///   - overrides: Hydra's grammar: `a.b=value`, `+a.b=value`, `~a.b`; values are YAML.
    package static func load(
        _ path: String?, overrides: [String], defaults: TrainingConfiguration
    ) throws(ConfigurationError) -> TrainingConfiguration {
        var tree = try self.tree(of: defaults)
        let known = try self.tree(of: self.complete(defaults))
        if let path {
            let given = try self.parse(file: path)
            try self.refuseUnknown(given, known: known)
            tree = self.merged(tree, given)
        }
        for override in overrides { try self.apply(override, to: &tree, known: known) }
        return try self.decode(tree)
    }

    /// The configuration as YAML that `load` reads back.
    package static func yaml(_ configuration: TrainingConfiguration) throws(ConfigurationError) -> String {
        let tree = try self.tree(of: configuration)
        do {
            return try Yams.dump(object: self.plain(tree), width: 120, sortKeys: true)
        } catch {
            throw ConfigurationError(.syntax, "configuration", "cannot be written as YAML")
        }
    }

    /// The tree with numbers as people write them: JSON gives objects that YAML would write as 2e-1.
    private static func plain(_ value: Any) -> Any {
        if let tree = value as? Tree { return tree.mapValues(self.plain) }
        if let list = value as? [Any] { return list.map(self.plain) }
        guard let number = value as? NSNumber else { return value }
        if String(cString: number.objCType) == "c" { return number.boolValue }
        return Int(exactly: number.doubleValue).map { $0 as Any } ?? PlainNumber(value: number.doubleValue)
    }

    /// Every optional key present, so that the tree knows all names.
    private static func complete(_ defaults: TrainingConfiguration) -> TrainingConfiguration {
        var full = defaults
        full.data.validationCsv = ""
        full.data.validationImages = ""
        full.data.referableFrom = 2
        full.model.weights = ""
        full.model.lora = LoRAConfiguration()
        full.training.gradientClip = 1
        full.retrieval.batchesPerEpoch = 1
        full.distillation = TrainingConfiguration.DistillationSection()
        return full
    }

    private static func tree(of configuration: TrainingConfiguration) throws(ConfigurationError) -> Tree {
        do throws(SettingsError) {
            return try SettingsFile.tree(of: configuration)
        } catch {
            throw ConfigurationError(error)
        }
    }

    private static func parse(file path: String) throws(ConfigurationError) -> Tree {
        do throws(SettingsError) {
            return try SettingsFile.tree(ofFile: path, sections: Self.sections)
        } catch {
            throw ConfigurationError(error)
        }
    }

    private static let sections =
        "data, image, volume, model, augmentation, volume_augmentation, retrieval, training, distillation, optimizer, checkpoints, system"

    private static func refuseUnknown(_ given: Tree, known: Tree) throws(ConfigurationError) {
        do throws(SettingsError) {
            try SettingsFile.refuseUnknownKeys(given, known: known)
        } catch {
            throw ConfigurationError(error)
        }
    }

    private static func merged(_ base: Tree, _ over: Tree) -> Tree {
        base.merging(over) { old, new in
            if let old = old as? Tree, let new = new as? Tree { return self.merged(old, new) }
            return new
        }
    }

    private static func apply(_ override: String, to tree: inout Tree, known: Tree) throws(ConfigurationError) {
        var text = Substring(override)
        let removes = text.hasPrefix("~")
        while let first = text.first, first == "~" || first == "+" { text.removeFirst() }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let dotted = parts.first, !dotted.isEmpty, removes || parts.count == 2 else {
            throw ConfigurationError(.syntax, override, "an override is key.sub=value or ~key.sub")
        }
        let path = dotted.split(separator: ".").map(String.init)
        var level = known
        for (index, key) in path.enumerated() {
            guard let next = level[key] else {
                throw ConfigurationError(
                    .unknownKey, String(dotted), SettingsFile.unknownKeyMessage(key, among: Array(level.keys)))
            }
            if index < path.count - 1 { level = next as? Tree ?? [:] }
        }
        var value: Any?
        if !removes {
            do {
                value = try Yams.load(yaml: String(parts[1]))
            } catch {
                throw ConfigurationError(.syntax, String(dotted), "the value is not valid YAML")
            }
        }
        self.set(path[...], to: value, in: &tree)
    }

    private static func set(_ path: ArraySlice<String>, to value: Any?, in tree: inout Tree) {
        guard let key = path.first else { return }
        if path.count == 1 {
            tree[key] = value is NSNull ? nil : value
        } else {
            var inner = tree[key] as? Tree ?? [:]
            self.set(path.dropFirst(), to: value, in: &inner)
            tree[key] = inner
        }
    }

    private static func decode(_ tree: Tree) throws(ConfigurationError) -> TrainingConfiguration {
        var tree = tree
        // An adapter section may name some of its keys only.
        if var model = tree["model"] as? Tree, let lora = model["lora"] as? Tree {
            let full: Tree = ["rank": 8, "alpha": 32, "dropout": 0.1, "targets": ["qkv"]]
            model["lora"] = self.merged(full, lora)
            tree["model"] = model
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(TrainingConfiguration.self, from: SettingsFile.json(tree))
        } catch let error as SettingsError {
            throw ConfigurationError(error)
        } catch let error as DecodingError {
            throw ConfigurationError(SettingsError(error))
        } catch let error as ImagingError {
            let isAugmentation = error.subject.hasPrefix("augmentation")
            throw ConfigurationError(.value, isAugmentation ? error.subject : "image (\(error.subject))", error.message)
        } catch {
            throw ConfigurationError(.value, "configuration", "\(error)")
        }
    }
}

/// A fraction in YAML's core schema, which knows exponents after a point only (`1.0e-08`).
private struct PlainNumber: NodeRepresentable {
    let value: Double

    func represented() throws -> Node {
        let text = "\(self.value)"
        guard !text.contains("."), let exponent = text.firstIndex(of: "e") else { return Node(text, Tag(.float)) }
        return Node("\(text[..<exponent]).0\(text[exponent...])", Tag(.float))
    }
}
