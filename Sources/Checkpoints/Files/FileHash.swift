import Crypto

/// The bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// The SHA-256 of a file as 64 lower-case hexadecimal digits.
package func sha256(ofFile path: String) throws(CheckpointError) -> String {
    try digest(ofFile: path).sha256
}

/// The length and SHA-256 of a file.
package func digest(ofFile path: String) throws(CheckpointError) -> FileDigest {
    if case .file = pathKind(path), try isEmptyFile(path) {
        return FileDigest(byteCount: 0, sha256: hexadecimal(SHA256.hash(data: [UInt8]())))
    }
    return try MappedFile(path).digest()
}

extension MappedFile {
    /// The length and SHA-256 of what is mapped.
    package func digest() throws(CheckpointError) -> FileDigest {
        try self.withBytes { (bytes) throws(CheckpointError) in
            var hasher = SHA256()
            hasher.update(bufferPointer: bytes)
            return FileDigest(byteCount: bytes.count, sha256: hexadecimal(hasher.finalize()))
        }
    }
}
