import NIOCore
import Synchronization

/// A request's body while it arrives, within its own limit and that of all connections together.
struct BodyReader {
    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private let table: ConnectionTable
    private var reserved = 0

    init(limit: Int, table: ConnectionTable) {
        self.limit = limit
        self.table = table
    }

    /// Makes room for `count` bytes in all; refuses when it is too much for one or for all.
    mutating func reserve(_ count: Int) throws(DaemonError) {
        guard count > self.reserved else { return }
        guard count <= self.limit else {
            throw DaemonError(.tooLarge, "body", "is larger than the \(self.limit) bytes that are taken")
        }
        guard self.table.reserve(count - self.reserved) else {
            throw DaemonError(.unavailable, "body", "too many large requests at once; try again later")
        }
        self.reserved = count
    }

    mutating func append(_ buffer: ByteBuffer) throws(DaemonError) {
        try self.reserve(self.bytes.count + buffer.readableBytes)
        self.bytes.append(contentsOf: buffer.readableBytesView)
    }

    /// Gives the room back, once the request is answered.
    mutating func release() {
        self.table.release(self.reserved)
        self.reserved = 0
        self.bytes = []
    }
}

/// The text of one fault, from the task that answers to the one that logs.
final class FaultBox: Sendable {
    private let state = Mutex<String?>(nil)

    func set(_ text: String) { self.state.withLock { $0 = text } }

    var text: String? { self.state.withLock { $0 } }
}
