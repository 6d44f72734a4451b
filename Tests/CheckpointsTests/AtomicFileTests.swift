import Checkpoints
import Crypto
import Foundation
import Graph
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite(.serialized) struct AtomicFileTests {
    @Test func replacesWholeFiles() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.txt"
        try AtomicFile.write(Array("old".utf8), to: path)
        let digest = try AtomicFile.write(Array("newer".utf8), to: path)
        #expect(try AtomicFile.read(path) == Array("newer".utf8))
        #expect(digest.byteCount == 5)
        #expect(directory.names == ["a.txt"])
    }

    @Test func failureLeavesTheOldFile() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.txt"
        try AtomicFile.write(Array("old".utf8), to: path)
        let error = checkpointError {
            try AtomicFile.write(to: path) { (writer) throws(CheckpointError) in
                try writer.write(Array("half".utf8))
                throw CheckpointError(.malformed, "x", "stop")
            }
        }
        #expect(error?.code == .malformed)
        #expect(try AtomicFile.read(path) == Array("old".utf8))
        #expect(directory.names == ["a.txt"])
        #expect(checkpointError { try AtomicFile.write([1], to: "\(directory.path)/none/a") }?.code == .cannotWrite)
    }

    /// The kernel's own ENOSPC.
    @Test func aFullDeviceIsNamed() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        try #require(descriptor >= 0)
        let error = checkpointError {
            var writer = FileWriter(adopting: descriptor, subject: "weights.safetensors", byteCount: 1_000_000)
            try writer.write([UInt8](repeating: 1, count: 1000))
        }
        #expect(error?.code == .noSpace)
        #expect(error?.subject == "weights.safetensors")
        #expect(error?.message.contains("0 of 1000000 bytes written") == true)
        #expect(error?.message.contains("free space") == true)
    }

    /// A real full disk, where the test may mount one.
    @Test func aFullDiskLeavesTheOldCheckpoint() throws {
        let directory = try TemporaryDirectory()
        let disk = "\(directory.path)/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        guard mount("tmpfs", disk, "tmpfs", 0, "size=1m") == 0 else {
            print("skipped: mounting a small tmpfs is not permitted here")
            return
        }
        defer { umount2(disk, 2) }
        let run = try RunDirectory.create(at: "\(disk)/run", config: "a: 1", manifest: RunDirectoryTests.manifest)
        try run.save(RunDirectoryTests.checkpoint(1), as: .last)
        var large = RunDirectoryTests.checkpoint(2)
        large.weights["w"] = Tensor(zeros: TensorType(.float32, [1 << 19]))
        let error = checkpointError { try run.save(large, as: .last) }
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("untouched") == true)
        #expect(try RunDirectoryTests.epoch(run, .last) == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(run.path)/checkpoints") == ["last"])
        try run.save(RunDirectoryTests.checkpoint(3), as: .last)
        #expect(try RunDirectoryTests.epoch(run, .last) == 3)
    }

    @Test func hashesFiles() throws {
        let directory = try TemporaryDirectory()
        let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let path = try directory.write(bytes, "x")
        let expected = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try sha256(ofFile: path) == expected)
        let empty = try directory.write([], "empty")
        #expect(try sha256(ofFile: empty) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
