import Graph

/// The saved object and where its storages lie.
typealias PyTorchContents = (tree: PickleTree, storages: [String: Range<Int>])

/// Reads the ZIP form: `<root>/data.pkl`, `<root>/byteorder`, `<root>/data/<key>`.
func readZipCheckpoint(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) -> PyTorchContents {
    let archive = try ZipArchive(bytes, file: file)
    let pickles = archive.members.keys.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard let name = pickles.first, pickles.count == 1, let member = archive.members[name] else {
        throw CheckpointError(.unsupported, file, "a ZIP file with \(pickles.count) members data.pkl; torch.save writes one")
    }
    let root = name.dropLast("data.pkl".count)
    guard archive.members["\(root)constants.pkl"] == nil else {
        throw CheckpointError(.unsupported, file, "a TorchScript archive; save the state_dict instead of the scripted module")
    }
    if let order = archive.members["\(root)byteorder"] {
        let range = try archive.range(of: order, in: bytes)
        guard bytes[range].elementsEqual("little".utf8) else {
            throw CheckpointError(.unsupported, file, "the file was written on a big-endian machine")
        }
    }
    let range = try archive.range(of: member, in: bytes)
    let pickle = UnsafeRawBufferPointer(rebasing: bytes[range])
    let tree = try PickleMachine.run(pickle, file: "\(file):\(name)").tree
    var storages: [String: Range<Int>] = [:]
    for case .storage(let storage) in tree.nodes where storages[storage.key] == nil {
        guard let data = archive.members["\(root)data/\(storage.key)"] else {
            throw CheckpointError(.malformed, file, "the storage data/\(storage.key) is missing")
        }
        storages[storage.key] = try archive.range(of: data, in: bytes)
    }
    try checkSizes(tree, storages, file: file)
    return (tree, storages)
}

/// Reads the older form: pickles of magic number, version, system, object and storage keys, then per key an
/// element count of 64 bits and the elements.
func readLegacyCheckpoint(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) -> PyTorchContents {
    var position = 0
    func next() throws(CheckpointError) -> PickleTree {
        let (tree, end) = try PickleMachine.run(bytes, file: file, at: position)
        position = end
        return tree
    }
    let magic = try next()
    guard case .wideInteger([0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]) = magic[magic.root] else {
        throw CheckpointError(.unsupported, file, "a pickle without PyTorch's magic number; only files of torch.save are read")
    }
    let version = try next()
    guard case .integer(1001) = version[version.root] else {
        throw CheckpointError(.unsupported, file, "an unknown version of PyTorch's old format")
    }
    let system = try next()
    if let order = system.member("little_endian", of: system.root), case .bool(false) = system[order] {
        throw CheckpointError(.unsupported, file, "the file was written on a big-endian machine")
    }
    let tree = try next()
    let keys = try next()
    guard case .list(let items) = keys[keys.root] else {
        throw CheckpointError(.malformed, file, "the list of storage keys is missing")
    }
    var widths: [String: Int] = [:]
    for case .storage(let storage) in tree.nodes { widths[storage.key] = storage.dataType.byteCount }
    var reader = ByteReader(bytes, file: file, at: position)
    var storages: [String: Range<Int>] = [:]
    for item in items {
        guard case .string(let key) = keys[item], storages[key] == nil, let width = widths[key] else {
            throw CheckpointError(.malformed, file, "the list of storage keys does not fit the saved object")
        }
        let count = try reader.next(UInt64.self, "the size of storage \(key)")
        guard count <= UInt64(bytes.count) else {
            throw CheckpointError(.truncated, file, "storage \(key) has \(count) elements, more than the file has bytes")
        }
        let start = reader.position
        _ = try reader.take(Int(count) * width, "storage \(key)")
        storages[key] = start..<reader.position
    }
    try checkSizes(tree, storages, file: file)
    return (tree, storages)
}

/// Checks that every storage that is mentioned exists and is as long as it says.
private func checkSizes(
    _ tree: PickleTree, _ storages: [String: Range<Int>], file: String
) throws(CheckpointError) {
    for case .storage(let storage) in tree.nodes {
        let available = storages[storage.key]?.count ?? 0
        // Dividing cannot overflow, multiplying a count from the file could.
        guard storage.elementCount <= available / storage.dataType.byteCount else {
            let message = "storage \(storage.key) has \(available) bytes for \(storage.elementCount) \(storage.dataType.rawValue)"
            throw CheckpointError(.truncated, file, message)
        }
    }
}
