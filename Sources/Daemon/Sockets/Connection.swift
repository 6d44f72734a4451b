import NIOCore
import NIOHTTP1
import Pipelines

typealias RequestParts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>
typealias ReplyWriter = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

/// One line of the daemon's log: no body, no names but the path's.
package struct RequestRecord: Sendable {
    package var method: String
    /// Without the query, at most 200 characters.
    package var path: String
    package var status: Int
    package var milliseconds: Double
    /// What went wrong inside, in full; nil unless `status` is 500.
    package var fault: String?
}

/// Moves bytes between one connection and the service: reads a request, asks, writes the answer, again.
struct Connection: Sendable {
    /// What came of reading a request.
    private enum Reading {
        case request(Request)
        /// Refused; the connection closes after the answer, since the rest of the body was not read.
        case refused(any Error)
        /// The client left.
        case gone
    }

    let id: Int
    let channel: any Channel
    let service: InferenceService
    let table: ConnectionTable
    let limits: ServerLimits
    let report: @Sendable (RequestRecord) -> Void

    func serve(_ inbound: RequestParts, _ outbound: ReplyWriter) async throws {
        var parts = inbound.makeAsyncIterator()
        while let part = try await parts.next() {
            guard case .head(let head) = part else { continue }
            guard try await self.serve(head, &parts, outbound) else { return }
        }
    }

    /// Serves one request; returns whether the connection goes on.
    private func serve(
        _ head: HTTPRequestHead, _ parts: inout RequestParts.AsyncIterator, _ outbound: ReplyWriter
    ) async throws -> Bool {
        _ = self.table.mark(self.id, isBusy: true)
        let clock = ContinuousClock()
        let start = clock.now
        var body = BodyReader(limit: self.service.largestBody, table: self.table)
        defer { body.release() }
        let channel = self.channel
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(self.limits.bodyTimeout)) { channel.close(promise: nil) }
        let reading = try await self.read(head, &parts, outbound, &body)
        deadline.cancel()

        var record = RequestRecord(
            method: head.method.rawValue, path: String(head.uri.prefix { $0 != "?" }.prefix(200)), status: 0, milliseconds: 0)
        let answer: Answer
        var goesOn = head.isKeepAlive
        switch reading {
        case .gone:
            return false
        case .refused(let error):
            answer = Answer(error)
            goesOn = false
        case .request(let request):
            let fault = FaultBox()
            answer = await self.service.answer(request) { fault.set("\($0)") }
            record.fault = fault.text
        }
        try Task.checkCancellation()
        goesOn = self.table.mark(self.id, isBusy: true) && goesOn
        try await self.write(answer, to: head, goesOn: goesOn, outbound)
        record.status = answer.status
        record.milliseconds = Pipelines.milliseconds(clock.now - start)
        self.report(record)
        if case .refused = reading { try await self.discard(&parts) }
        return self.table.mark(self.id, isBusy: false) && goesOn
    }

    private func read(
        _ head: HTTPRequestHead, _ parts: inout RequestParts.AsyncIterator, _ outbound: ReplyWriter, _ body: inout BodyReader
    ) async throws -> Reading {
        var request = Request(head)
        do {
            let length = head.headers.first(name: "content-length").flatMap { Int($0) }
            _ = try await self.service.check(head: request, bodyLength: length)
            try body.reserve(length ?? 0)
        } catch {
            return .refused(error)
        }
        if head.expectsContinue {
            try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
        }
        while let part = try await parts.next() {
            switch part {
            case .head:
                return .gone
            case .body(let buffer):
                do throws(DaemonError) { try body.append(buffer) } catch { return .refused(error) }
            case .end:
                request.body = body.bytes
                return .request(request)
            }
        }
        return .gone
    }

    private func write(_ answer: Answer, to head: HTTPRequestHead, goesOn: Bool, _ outbound: ReplyWriter) async throws {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        headers.add(name: "Content-Length", value: String(answer.body.count))
        headers.add(name: "Connection", value: goesOn ? "keep-alive" : "close")
        let status = HTTPResponseStatus(statusCode: answer.status)
        var replies: [HTTPServerResponsePart] = [
            .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))
        ]
        // An answer to HEAD has no body, whatever its length says.
        if head.method != .HEAD { replies.append(.body(.byteBuffer(self.channel.allocator.buffer(bytes: answer.body)))) }
        replies.append(.end(nil))
        try await outbound.write(contentsOf: replies)
    }

    /// Reads what a refused client still sends, for a moment, so that it gets to read the answer.
    private func discard(_ parts: inout RequestParts.AsyncIterator) async throws {
        let channel = self.channel
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(self.limits.discardTimeout)) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        while let part = try await parts.next() {
            if case .end = part { return }
        }
    }
}

extension Request {
    init(_ head: HTTPRequestHead) {
        self.init(head.method.rawValue, head.uri, headers: head.headers.map { ($0.name, $0.value) })
    }
}

extension HTTPRequestHead {
    var expectsContinue: Bool {
        self.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }
}
