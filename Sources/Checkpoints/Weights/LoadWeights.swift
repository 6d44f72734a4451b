package import Graph

/// The kinds of files that hold weights, told apart by content.
enum ContainerKind {
    case safetensors, zip, legacyPickle, gitPointer, webPage, unknown

    init(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.prefix(64)
        if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            self = .zip
        } else if start.starts(with: [0x80, 0x02]) {
            self = .legacyPickle
        } else if start.count > 8, start[8] == UInt8(ascii: "{") {
            self = .safetensors
        } else if start.starts(with: "version https://git-lfs".utf8) {
            self = .gitPointer
        } else if start.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") {
            self = .webPage
        } else {
            self = .unknown
        }
    }
}

/// The named tensors of a weight file: safetensors, or a `.pth`/`.pt` whose weights are unwrapped and whose names lose
/// leading `module.` and `model.`. The content decides, not the name.
package func loadWeights(_ path: String) throws(CheckpointError) -> [String: Tensor] {
    let file = try MappedFile(path)
    let kind = try file.withBytes { (bytes) throws(CheckpointError) in ContainerKind(bytes) }
    switch kind {
    case .safetensors: return try Safetensors.read(file).tensors
    case .zip, .legacyPickle: return try PyTorchFile(file).stateDictionary()
    case .gitPointer: throw CheckpointError(.unsupported, path, "a Git LFS pointer; fetch the file itself with `git lfs pull`")
    case .webPage: throw CheckpointError(.unsupported, path, "a web page, not weights; the download asked for a login or failed")
    case .unknown: throw CheckpointError(.unsupported, path, "neither safetensors nor a file that torch.save wrote")
    }
}
