import Graph
package import Pipelines

/// Answers requests: the protocol without its transport.
package final class InferenceService: Sendable {
    package let repository: ModelRepository
    package let scheduler: Scheduler
    /// Bytes of a request's body.
    package let largestBody: Int

    package init(repository: ModelRepository, largestBody: Int = 64 << 20, queue: Int = 16) {
        self.repository = repository
        self.scheduler = Scheduler(capacity: queue)
        self.largestBody = largestBody
    }

    /// What can be refused from the head alone, before the body is read.
    package func check(head: Request, bodyLength: Int?) async throws -> Route {
        let route = try Route(method: head.method, target: head.target)
        if let bodyLength, bodyLength > self.largestBody {
            throw DaemonError(.tooLarge, "body", "has \(bodyLength) bytes; at most \(self.largestBody) are taken")
        }
        if let encoding = try head.header("Content-Encoding"), encoding.lowercased() != "identity" {
            throw DaemonError(.unsupported, "header Content-Encoding", "compressed bodies are not taken")
        }
        if let model = route.computingModel {
            _ = try await self.repository.served(model.name, version: model.version)
        }
        return route
    }

    /// The answer to a request, whatever happens. `failure` hears of faults in full; the client does not.
    package func answer(_ request: Request, failure: @Sendable (any Error) -> Void = { _ in }) async -> Answer {
        do {
            return try await self.answer(request, to: self.check(head: request, bodyLength: request.body.count))
        } catch {
            if ErrorReply(error).status == 500 { failure(error) }
            return Answer(error)
        }
    }

    private func answer(_ request: Request, to route: Route) async throws -> Answer {
        switch route {
        case .server:
            return Answer(json: ServerReply())
        case .live:
            return Answer(json: ["live": true])
        case .ready:
            let isReady = await self.repository.isReady
            return Answer(status: isReady ? 200 : 503, json: ["ready": isReady])
        case .models:
            return Answer(json: ["models": await self.repository.all.map { ModelSummary($0) }])
        case .index:
            return Answer(json: await self.repository.all.map { IndexReply($0) })
        case .model(let name):
            let served = try await self.repository.served(name.name, version: name.version)
            let versions = await self.repository.all.filter { entry in
                guard case .ready = entry.state else { return false }
                return entry.name == name.name
            }
            return Answer(json: ModelReply(served, versions: versions.map(\.version)))
        case .modelReady(let name):
            return try await self.readiness(name)
        case .infer(let name):
            return try await self.infer(request, name)
        case .screen(let name):
            return try await self.screen(request, name)
        case .segment(let name, let overlay):
            return try await self.segment(request, name, overlay: overlay)
        case .embed(let name):
            return try await self.embed(request, name)
        case .query(let name, let neighbours):
            return try await self.query(request, name, neighbours)
        }
    }

    private struct ReadyReply: Encodable {
        let name: String
        let ready: Bool
    }

    private func readiness(_ name: Route.Model) async throws -> Answer {
        let entry = try await self.repository.entry(name.name, version: name.version)
        let isReady = if case .ready = entry.state { true } else { false }
        return Answer(status: isReady ? 200 : 503, json: ReadyReply(name: entry.name, ready: isReady))
    }

    private func infer(_ request: Request, _ name: Route.Model) async throws -> Answer {
        let model = try await self.repository.served(name.name, version: name.version)
            .single("takes pictures: send tensors to a member")
        let headerLength = try request.header("Inference-Header-Content-Length")
        let tensors = try await self.scheduler.run(Served.model(model).queueName, slots: Served.model(model).slots) {
            let parsed = try InferRequest(
                body: request.body, headerLength: headerLength, inputs: model.inputs, outputs: model.outputs)
            try Task.checkCancellation()
            return (parsed, try await model.infer(parsed.inputs))
        }
        return try Answer(tensors.0, card: model.card, tensors: tensors.1)
    }

    private func screen(_ request: Request, _ name: Route.Model) async throws -> Answer {
        let (served, answer, timings) = try await self.compute(request, name) { served in
            let answer = try await served.screen(request.body)
            return (answer, answer.timings)
        }
        return Answer(json: ScreenReply(answer, served, timings))
    }

    private func segment(_ request: Request, _ name: Route.Model, overlay: Bool) async throws -> Answer {
        let (served, answer, timings) = try await self.compute(request, name) { served in
            let answer = try await served.segment(request.body, overlay: overlay)
            return (answer, answer.timings)
        }
        return Answer(json: try SegmentReply(answer, served, timings))
    }

    private func embed(_ request: Request, _ name: Route.Model) async throws -> Answer {
        let (served, answer, timings) = try await self.compute(request, name) { served in
            let answer = try await served.embed(request.body)
            return (answer, answer.timings)
        }
        return Answer(json: EmbedReply(answer, served, timings))
    }

    private func query(_ request: Request, _ name: Route.Model, _ neighbours: NeighbourRequest) async throws -> Answer {
        let (served, answer, timings) = try await self.compute(request, name) { served in
            let answer = try await served.neighbours(request.body, neighbours)
            return (answer, answer.timings)
        }
        return Answer(json: QueryReply(answer, to: neighbours, served, timings))
    }

    /// Runs a picture's request in its model's queue, and measures it.
    private func compute<Result: Sendable>(
        _ request: Request, _ name: Route.Model,
        _ body: @escaping @Sendable (Served) async throws -> (Result, ServedModel.Timings)
    ) async throws -> (Served, Result, AnswerTimings) {
        let served = try await self.repository.served(name.name, version: name.version)
        guard !request.body.isEmpty else { throw DaemonError(.invalid, "body", "is empty; send a PNG, JPEG or DICOM picture") }
        let clock = ContinuousClock()
        let arrival = clock.now
        let (start, answer) = try await self.scheduler.run(served.queueName, slots: served.slots) {
            (clock.now, try await body(served))
        }
        let timings = AnswerTimings(
            queue: milliseconds(start - arrival), decode: answer.1.decode, preprocess: answer.1.preprocess,
            compute: answer.1.compute, search: answer.1.search > 0 ? answer.1.search : nil,
            total: milliseconds(clock.now - arrival))
        return (served, answer.0, timings)
    }
}

extension Served {
    /// The name of the queue.
    var queueName: String { "\(self.name)/\(self.version)" }

    /// Requests that are decoded or computed at once: the next picture is decoded while others compute.
    var slots: Int { self.streams + 1 }
}
