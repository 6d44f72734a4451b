import Daemon
import Foundation
import Imaging
import Pipelines
import Testing

/// Several requests of a model computed at the same time.
@Suite struct StreamTests {
    @Test func twoStreamsAnswerAsOneDoes() async throws {
        let models = try TinyModels()
        for name in ["one", "two"] { try models.screening(name, seed: 5) }
        try models.retrieval("like", seed: 6)
        try models.settings("two", "streams: 2\nthreads: 2\npin: true\n")
        try models.settings("like", "streams: 2\nthreads: 2\n")
        let client = try await models.service()
        let served = try await client.repository.served("two")
        #expect(served.streams == 2)
        #expect(served.computing.hasSuffix("2 streams of 1 thread, pinned"))
        let pairs = try await withThrowingTaskGroup(of: (ScreenReply, ScreenReply).self) { group in
            for seed in 0..<16 {
                group.addTask {
                    let picture = testPicture(seed)
                    async let both = client.ask("two/screen", picture, ScreenReply.self)
                    return (try await client.ask("one/screen", picture), try await both)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(pairs.count == 16)
        for (one, two) in pairs {
            #expect(one.probabilities == two.probabilities && one.grade == two.grade)
            #expect(two.model.name == "two" && two.model.precision == "float32")
        }
        #expect(Set(pairs.map(\.0.probabilities)).count == 16)
    }

    @Test(.timeLimit(.minutes(5))) func asManyRequestsAsStreamsDoNotHoldUpOneMore() async throws {
        let models = try TinyModels()
        try models.screening("m", seed: 5)
        try models.settings("m", "streams: 3\nthreads: 3\n")
        let client = try await models.service()
        // The first request makes the queue.
        let first = try await client.ask("m/screen", testPicture(1), ScreenReply.self)
        let gates = (0..<3).map { _ in AsyncStream.makeStream(of: Void.self) }
        let held = try await withThrowingTaskGroup(of: Void.self) { group in
            for gate in gates {
                let (started, start) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    try await client.service.scheduler.run("m/1") {
                        start.finish()
                        for await _ in gate.stream {}
                    }
                }
                for await _ in started {}
            }
            let reply = try await client.ask("m/screen", testPicture(1), ScreenReply.self)
            for gate in gates { gate.continuation.finish() }
            try await group.waitForAll()
            return reply
        }
        #expect(held.probabilities == first.probabilities)
    }
}
