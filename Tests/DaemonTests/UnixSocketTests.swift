import Daemon
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A directory of its own for a test's sockets and files; removed with its last reference.
final class TemporaryDirectory {
    let path: String

    init() throws {
        self.path = FileManager.default.temporaryDirectory.path + "/dr-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }
}

@Suite struct UnixSocketTests {
    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : nil
    }

    private func refusal(_ path: String) -> String {
        do {
            let socket = try UnixSocket(listeningAt: path)
            close(socket.descriptor)
            return "none"
        } catch {
            #expect(error.code == .socket)
            return error.message
        }
    }

    @Test func theModeIs0660() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let socket = try UnixSocket(listeningAt: path)
        defer { close(socket.descriptor) }
        #expect(mode(path) == S_IFSOCK | 0o660)
        socket.removeFile()
        #expect(mode(path) == nil)
    }

    @Test func aLiveDaemonIsNotDisplaced() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let socket = try UnixSocket(listeningAt: path)
        defer { close(socket.descriptor) }
        #expect(refusal(path).contains("already"))
        #expect(mode(path) != nil)
    }

    @Test func aStaleSocketIsReplaced() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        close(try UnixSocket(listeningAt: path).descriptor)
        #expect(mode(path) != nil)
        let socket = try UnixSocket(listeningAt: path)
        close(socket.descriptor)
        #expect(mode(path) == S_IFSOCK | 0o660)
    }

    @Test func whatIsNoSocketIsLeftAlone() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        try Data("keep".utf8).write(to: URL(fileURLWithPath: path))
        #expect(refusal(path).contains("no socket"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "keep")
        let link = directory.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(refusal(link).contains("no socket"))
        #expect(refusal(directory.path).contains("no socket"))
    }

    @Test func longPathsAreRefused() throws {
        let directory = try TemporaryDirectory()
        let room = UnixSocket.longestPath - directory.path.utf8.count - 1
        let longest = directory.path + "/" + String(repeating: "s", count: room)
        let socket = try UnixSocket(listeningAt: longest)
        defer { close(socket.descriptor) }
        #expect(mode(longest) != nil)
        #expect(refusal(longest + "s").contains("at most 107"))
        #expect(refusal("").contains("empty"))
    }

    @Test func aFileThatTookThePlaceStays() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let socket = try UnixSocket(listeningAt: path)
        defer { close(socket.descriptor) }
        unlink(path)
        try Data("keep".utf8).write(to: URL(fileURLWithPath: path))
        socket.removeFile()
        #expect(FileManager.default.fileExists(atPath: path))
    }
}
