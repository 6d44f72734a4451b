import Checkpoints
import Foundation
import Graph
import Testing

/// Damaged files give a value or a `CheckpointError`; a trap would end the test process.
struct FuzzTests {
    static let files = ["all_types.safetensors", "plain.pth", "zip64_misaligned.pth", "legacy.pth"]

    @Test(arguments: files) func everyTruncationIsRefused(_ name: String) throws {
        let directory = try TemporaryDirectory()
        let bytes = try GoldenFiles.bytes(name)
        var accepted: [Int] = []
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
            let path = try directory.write(Array(bytes.prefix(count)), "x")
            if checkpointError({ try Self.readAll(path) }) == nil { accepted.append(count) }
        }
        #expect(accepted == [])
    }

    @Test(arguments: files) func flippedBitsNeverTrap(_ name: String) throws {
        let directory = try TemporaryDirectory()
        let bytes = try GoldenFiles.bytes(name)
        var random = SeededRandom(state: 5)
        var refused = 0
        for _ in 0..<500 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let path = try directory.write(damaged, "x")
            if checkpointError({ try Self.readAll(path) }) != nil { refused += 1 }
        }
        #expect(refused > 100)
    }

    /// Reads every tensor to its last byte.
    private static func readAll(_ path: String) throws {
        var sum = 0
        for tensor in try loadWeights(path).values {
            let bytes = UnsafeRawBufferPointer(start: tensor.rawPointer, count: tensor.type.byteCount)
            for byte in bytes { sum &+= Int(byte) }
            withExtendedLifetime(tensor.storage) {}
        }
        try #require(sum >= 0)
    }
}
