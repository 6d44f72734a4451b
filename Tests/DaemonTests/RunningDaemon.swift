import Daemon
import Foundation
import Imaging
import Pipelines
import Testing

/// A server over a temporary socket with one small model.
final class RunningDaemon: Sendable {
    let socket: String
    let server: Server
    let repository: ModelRepository
    let service: InferenceService
    let task: Task<Void, Never>
    var client: UnixClient { UnixClient(path: self.socket) }

    convenience init(
        _ package: ModelPackage, in directory: TemporaryDirectory, queue: Int = 16, largestBody: Int = 4 << 20,
        limits: ServerLimits = ServerLimits(), loads: Bool = true
    ) async throws {
        try await self.init(
            models: package.root, in: directory, queue: queue, largestBody: largestBody, limits: limits, loads: loads)
    }

    /// - Parameter models: the directory of all models.
    init(
        models: String, in directory: TemporaryDirectory, queue: Int = 16, largestBody: Int = 4 << 20,
        limits: ServerLimits = ServerLimits(), loads: Bool = true
    ) async throws {
        self.socket = directory.path + "/\(UUID().uuidString.prefix(6)).sock"
        let repository = ModelRepository(directory: models, compute: ComputeSettings(threads: 1))
        try await repository.scan()
        if loads { await repository.load { _ in } }
        let service = InferenceService(repository: repository, largestBody: largestBody, queue: queue)
        let server = try await Server(path: self.socket, service: service, limits: limits)
        self.repository = repository
        self.server = server
        self.service = service
        self.task = Task { await server.run() }
    }

    /// Stops the server and waits for its end.
    func stop() async {
        self.server.stop()
        await self.task.value
    }

    /// Takes both places of the model's queue until `release` is called.
    func occupy(_ model: String) async -> (tasks: [Task<Void, any Error>], release: @Sendable () -> Void) {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (second, openSecond) = AsyncStream.makeStream(of: Void.self)
        var tasks: [Task<Void, any Error>] = []
        for gate in [gate, second] {
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            tasks.append(
                Task {
                    try await self.service.scheduler.run(model) {
                        start.finish()
                        for await _ in gate {}
                    }
                })
            for await _ in started {}
        }
        return (
            tasks,
            {
                open.finish(); openSecond.finish()
            }
        )
    }

    /// Waits until `count` requests of a model wait; false when that does not happen in 30 s.
    func waits(for count: Int, of model: String) async throws -> Bool {
        for _ in 0..<3000 {
            if await self.service.scheduler.waiting(model) == count { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    func get(_ target: String) async throws -> Answer { try await self.client.send(Request("GET", target)) }

    func post(_ target: String, _ body: [UInt8], _ headers: [(name: String, value: String)] = []) async throws -> Answer {
        try await self.client.send(Request("POST", target, headers: headers, body: body))
    }
}

extension Answer {
    /// The body as text.
    var text: String { String(decoding: self.body, as: UTF8.self) }

    /// A field of a JSON object.
    subscript(field: String) -> JSONValue? {
        (try? JSONDecoder().decode([String: JSONValue].self, from: Data(self.body)))?[field]
    }
}

/// A picture that differs for every seed.
func testPicture(_ seed: Int, width: Int = 60, height: Int = 50) -> Image {
    let pixels = (0..<(width * height * 3)).map { UInt8(truncatingIfNeeded: ($0 &* (31 &+ seed &* 7) &+ seed &* 97) >> 3) }
    return Image(width: width, height: height, pixels: pixels)
}
