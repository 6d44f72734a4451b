import Crypto
package import Graph

/// A fingerprint of a set of weights, to compare runs without comparing files.
package enum WeightHash {
    /// SHA-256 over the tensors in order of their names (by UTF-8 bytes): length and bytes of the name, length and name
    /// of the type, rank, sizes, element bytes; all numbers 64-bit little-endian.
    package static func sha256(_ tensors: [String: Tensor]) -> String {
        var hasher = SHA256()
        for (name, tensor) in tensors.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            for text in [name, tensor.type.dataType.rawValue] {
                self.update(&hasher, text.utf8.count)
                hasher.update(data: Array(text.utf8))
            }
            self.update(&hasher, tensor.type.rank)
            for size in tensor.shape { self.update(&hasher, size) }
            hasher.update(bufferPointer: UnsafeRawBufferPointer(start: tensor.rawPointer, count: tensor.type.byteCount))
            withExtendedLifetime(tensor.storage) {}
        }
        return hexadecimal(hasher.finalize())
    }

    private static func update(_ hasher: inout SHA256, _ number: Int) {
        withUnsafeBytes(of: UInt64(number).littleEndian) { hasher.update(bufferPointer: $0) }
    }
}
