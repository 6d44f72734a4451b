package import Graph

/// A `.pth`/`.pt` file read without Python: a ZIP file of stored members or the five pickles of older versions.
///
/// The file is mapped. Opening it interprets the pickle, which can describe tensors and nothing else; tensors are
/// made on request. Contiguous tensors view the mapping, others are copied, in total at most the size of the file.
package struct PyTorchFile: Sendable {
    package let path: String
    /// The object that was saved, as data.
    package let tree: PickleTree
    let file: MappedFile
    /// The bytes of each storage in the file, by key.
    let storages: [String: Range<Int>]

    /// Maps and interprets `path`; the kind of file is told from its first bytes.
    package init(_ path: String) throws(CheckpointError) {
        try self.init(MappedFile(path))
    }

    /// Interprets a file that is mapped already.
    package init(_ file: MappedFile) throws(CheckpointError) {
        self.file = file
        self.path = file.path
        (self.tree, self.storages) = try file.withBytes { (bytes) throws(CheckpointError) in
            switch ContainerKind(bytes) {
            case .zip: try readZipCheckpoint(bytes, file: file.path)
            case .legacyPickle: try readLegacyCheckpoint(bytes, file: file.path)
            default: throw CheckpointError(.unsupported, file.path, "not a file that torch.save wrote")
            }
        }
    }

    /// The keys under which training scripts keep the weights, tried in this order.
    static let wrappers = ["model", "state_dict", "model_state_dict"]

    /// The weights: the dictionary under `model`, `state_dict` or `model_state_dict`, else the saved object itself.
    /// Leading `module.` and `model.` are taken off the names.
    package func stateDictionary() throws(CheckpointError) -> [String: Tensor] {
        var reference = self.tree.root
        // Two levels: `{"state_dict": {"model": …}}` occurs, more does not.
        for _ in 0..<2 {
            guard
                let inner = Self.wrappers.lazy.compactMap({ self.tree.member($0, of: reference) }).first(where: { inner in
                    self.tree.members(of: inner) != nil
                })
            else { break }
            reference = inner
        }
        return strippingPrefixes(of: try self.tensors(in: reference, described: "the saved object"))
    }

    /// The tensors of the dictionary that `keys` lead to, with their names as they are.
    package func tensors(under keys: [String]) throws(CheckpointError) -> [String: Tensor] {
        var reference = self.tree.root
        for key in keys {
            guard let inner = self.tree.member(key, of: reference) else {
                throw CheckpointError(.missing, self.path, "no entry \(key); there are: \(self.keyList(of: reference))")
            }
            reference = inner
        }
        return try self.tensors(in: reference, described: keys.joined(separator: "."))
    }

    private func tensors(
        in reference: PickleTree.Reference, described name: String
    ) throws(CheckpointError) -> [String: Tensor] {
        guard let members = self.tree.members(of: reference) else {
            throw CheckpointError(.malformed, self.path, "\(name) is not a dictionary of tensors")
        }
        var references: [String: PickleTree.TensorReference] = [:]
        for member in members {
            if case .tensor(let tensor) = self.tree[member.value] { references[member.name] = tensor }
        }
        guard !references.isEmpty else {
            throw CheckpointError(.missing, self.path, "\(name) holds no tensors; its entries: \(self.keyList(of: reference))")
        }
        var maker = TensorMaker(self)
        var tensors: [String: Tensor] = [:]
        for (name, reference) in references.sorted(by: { $0.key < $1.key }) {
            tensors[name] = try maker.tensor(reference, named: name)
        }
        return tensors
    }

    private func keyList(of reference: PickleTree.Reference) -> String {
        let names = self.tree.members(of: reference)?.map(\.name) ?? []
        return names.isEmpty ? "none" : shortList(names)
    }
}

/// Up to ten names, then how many more there are.
func shortList(_ names: [String]) -> String {
    let shown = names.prefix(10).joined(separator: ", ")
    return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
}

/// The names without leading `module.` and `model.`, repeated ones too; where that makes two names equal, both keep theirs.
func strippingPrefixes(of tensors: [String: Tensor]) -> [String: Tensor] {
    let groups = Dictionary(grouping: tensors.keys, by: strippedName)
    var result: [String: Tensor] = [:]
    for (stripped, names) in groups {
        for name in names { result[names.count == 1 ? stripped : name] = tensors[name] }
    }
    return result
}

/// `name` without leading `module.` and `model.`.
func strippedName(_ name: String) -> String {
    var rest = name[...]
    while let prefix = ["module.", "model."].first(where: { rest.hasPrefix($0) && rest.count > $0.count }) {
        rest = rest.dropFirst(prefix.count)
    }
    return String(rest)
}
