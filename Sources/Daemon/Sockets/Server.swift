import NIOCore
import NIOHTTP1
import NIOPosix

/// What a server grants its clients.
package struct ServerLimits: Sendable {
    package var connections = 512
    /// Bytes of bodies in memory, all connections together.
    package var bodyBytes = 512 << 20
    /// From a request's head to the end of its body.
    package var bodyTimeout = Duration.seconds(60)
    /// For reading on after a refusal.
    package var discardTimeout = Duration.seconds(2)
    /// For requests in flight when the server stops.
    package var drainTimeout = Duration.seconds(30)
    /// Bytes of all header fields of a request.
    package var headerBytes = 32 << 10

    package init() {}
}

/// HTTP/1.1 on a Unix socket.
package final class Server: Sendable {
    private let channel: NIOAsyncChannel<ServerConnection, Never>
    private let socket: UnixSocket
    private let service: InferenceService
    private let limits: ServerLimits
    private let table: ConnectionTable
    private let report: @Sendable (RequestRecord) -> Void

    typealias ServerConnection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Listens at `path`; `run` answers.
    package init(
        path: String, service: InferenceService, limits: ServerLimits = ServerLimits(),
        report: @escaping @Sendable (RequestRecord) -> Void = { _ in }
    ) async throws {
        let socket = try UnixSocket(listeningAt: path)
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = min(8 << 10, limits.headerBytes)
        decoderLimits.maxHeaderListSize = limits.headerBytes
        decoderLimits.maxHeaderFieldCount = 64
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(socket.descriptor) { [decoderLimits] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: true, withOutboundHeaderValidation: true,
                        withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
                        withDecoderLimitConfiguration: decoderLimits)
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        self.socket = socket
        self.service = service
        self.limits = limits
        self.table = ConnectionTable(largestCount: limits.connections, largestBodyBytes: limits.bodyBytes)
        self.report = report
    }

    /// Serves until `stop`, and returns when the last connection is closed.
    package func run() async {
        let table = self.table
        try? await self.channel.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    guard let id = table.insert(connection.channel) else {
                        connection.channel.close(promise: nil)
                        group.addTask { try? await connection.executeThenClose { _, _ in } }
                        continue
                    }
                    group.addTask {
                        await self.serve(connection, id)
                        table.remove(id)
                    }
                }
            }
        }
    }

    private func serve(_ connection: ServerConnection, _ id: Int) async {
        let server = Connection(
            id: id, channel: connection.channel, service: self.service, table: self.table, limits: self.limits,
            report: self.report)
        let task = Task {
            // Errors here are clients that left or do not speak HTTP; there is nobody to tell.
            try? await connection.executeThenClose { inbound, outbound in
                try await server.serve(inbound, outbound)
            }
        }
        // A client that goes away gives up its place in the queue.
        connection.channel.closeFuture.whenComplete { _ in task.cancel() }
        await task.value
    }

    /// Connections with a request under way.
    package var busyConnections: Int { self.table.busyCount }

    /// Removes the socket's file, stops listening, lets requests in flight finish and closes what is left after the limit.
    package func stop() {
        // First, because the process may end as soon as nobody listens.
        self.socket.removeFile()
        self.channel.channel.close(promise: nil)
        self.table.drain()
        let table = self.table
        self.channel.channel.eventLoop.scheduleTask(in: TimeAmount(self.limits.drainTimeout)) { table.closeAll() }
    }
}
