import NIOCore
import Synchronization

/// The open connections of a server, so that a stopping one can close the idle and wait for the busy.
final class ConnectionTable: Sendable {
    private struct State {
        var connections: [Int: (channel: any Channel, isBusy: Bool)] = [:]
        var lastID = 0
        var isDraining = false
        var bodyBytes = 0
    }

    private let state = Mutex(State())
    private let largestCount: Int
    /// Bytes of bodies that all connections together may hold.
    private let largestBodyBytes: Int

    init(largestCount: Int, largestBodyBytes: Int) {
        self.largestCount = largestCount
        self.largestBodyBytes = largestBodyBytes
    }

    /// Enters a connection; nil when there are too many or the server stops.
    func insert(_ channel: any Channel) -> Int? {
        self.state.withLock { state in
            guard !state.isDraining, state.connections.count < self.largestCount else { return nil }
            state.lastID += 1
            state.connections[state.lastID] = (channel, false)
            return state.lastID
        }
    }

    func remove(_ id: Int) {
        self.state.withLock { _ = $0.connections.removeValue(forKey: id) }
    }

    /// A request began or ended; returns whether the connection may go on afterwards.
    func mark(_ id: Int, isBusy: Bool) -> Bool {
        self.state.withLock { state in
            state.connections[id]?.isBusy = isBusy
            return !state.isDraining
        }
    }

    /// Closes idle connections now; busy ones close after their answer.
    func drain() {
        let idle = self.state.withLock { state in
            state.isDraining = true
            return state.connections.values.filter { !$0.isBusy }.map(\.channel)
        }
        for channel in idle { channel.close(promise: nil) }
    }

    func closeAll() {
        let all = self.state.withLock { $0.connections.values.map(\.channel) }
        for channel in all { channel.close(promise: nil) }
    }

    /// Connections with a request under way.
    var busyCount: Int { self.state.withLock { $0.connections.values.count { $0.isBusy } } }

    /// Whether a body may grow by `count` bytes; what was taken is given back with `release`.
    func reserve(_ count: Int) -> Bool {
        self.state.withLock { state in
            guard state.bodyBytes + count <= self.largestBodyBytes else { return false }
            state.bodyBytes += count
            return true
        }
    }

    func release(_ count: Int) {
        self.state.withLock { $0.bodyBytes -= count }
    }
}
