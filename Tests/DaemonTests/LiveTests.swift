import Daemon
import Foundation
import Imaging
import Graph
import Pipelines
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The protocol over a real socket.
@Suite struct LiveTests {
    @Test func metadataAndHealth() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory)
        #expect(try await daemon.get("/v2")["name"] == .string("dr"))
        #expect(try await daemon.get("/v2/health/live").status == 200)
        #expect(try await daemon.get("/v2/health/ready").text == #"{"ready":true}"#)
        #expect(try await daemon.get("/v2/models/tiny/ready").text == #"{"name":"tiny","ready":true}"#)
        let model = try await daemon.get("/v2/models/tiny")
        #expect(
            model.text == #"{"inputs":[{"datatype":"FP32","name":"input","shape":[-1,3,48,40]}],"name":"tiny","#
                + #""outputs":[{"datatype":"FP32","name":"output","shape":[-1,5]}],"platform":"onnx_onnxv1","#
                + #""precision":"float32","versions":["3"]}"#)
        #expect(try await daemon.get("/v2/models/tiny/versions/3").status == 200)
        let index = try await daemon.post("/v2/repository/index", [])
        #expect(index.text == #"[{"name":"tiny","reason":"","state":"READY","version":"3"}]"#)
        let summary = try await daemon.client.readyModel(nil)
        #expect(summary.name == "tiny" && summary.classNames?.count == 5 && summary.sha256?.count == 64)
        #expect(summary.precision == "float32" && summary.computing?.hasSuffix("), 1 thread") == true)
        await daemon.stop()
    }

    @Test func jsonAndBinaryInferenceAgree() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory)
        let card = try ModelCard.load(directory: package.directory)
        let sample = card.goldenSamples[0]
        let values = sample.input.tensor().array(of: Float.self)
        let port = #""name":"input","datatype":"FP32","shape":[2,3,48,40]"#
        let data = values.map { "\($0)" }.joined(separator: ",")
        let json = try await daemon.post(
            "/v2/models/tiny/infer", Array(#"{"id":"42","inputs":[{\#(port),"data":[\#(data)]}]}"#.utf8))
        #expect(json.status == 200)
        #expect(json["id"] == .string("42") && json["model_name"] == .string("tiny") && json["model_version"] == .string("3"))
        guard case .array(let outputs) = json["outputs"], case .object(let output) = outputs.first,
            case .array(let numbers) = output["data"]
        else {
            Issue.record("no outputs: \(json.text.prefix(200))")
            return
        }
        let logits = numbers.compactMap { node -> Float? in
            switch node {
            case .number(let value): Float(value)
            case .integer(let value): Float(value)
            default: nil
            }
        }
        #expect(sample.mismatch(logits) == nil)

        let size = values.count * 4
        let header = Array(
            (#"{"inputs":[{\#(port),"parameters":{"binary_data_size":\#(size)}}],"#
                + #""outputs":[{"name":"output","parameters":{"binary_data":true}}]}"#).utf8)
        let bytes = values.withUnsafeBytes { [UInt8]($0) }
        let binary = try await daemon.post(
            "/v2/models/tiny/versions/3/infer", header + bytes, [("Inference-Header-Content-Length", "\(header.count)")])
        #expect(binary.status == 200)
        let length = try #require(binary.header("Inference-Header-Content-Length").flatMap { Int($0) })
        let floats = binary.body[length...].withUnsafeBytes { raw in
            (0..<(raw.count / 4)).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
        #expect(floats == logits)
        await daemon.stop()
    }

    @Test func screening() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory)
        let png = try testPicture(1).encodedPNG()
        let answer = try await daemon.post("/v2/models/tiny/screen", png)
        #expect(answer.status == 200)
        let reply = try JSONDecoder().decode(ScreenReply.self, from: Data(answer.body))
        let model = try await ServedModel.load(directory: package.directory, compute: ComputeSettings(threads: 1))
        let expected = try await model.screen(png).result
        #expect(reply.grade == expected.grade && reply.probabilities == expected.probabilities)
        #expect(reply.referable == expected.referable)
        #expect(reply.model.sha256 == model.sha256 && reply.model.version == 3)
        #expect(reply.gradeName == model.card.task.classNames[expected.grade])
        #expect(reply.timings.total >= reply.timings.compute && reply.timings.compute > 0)

        let cut = try await daemon.post("/v2/models/tiny/screen", Array(png.prefix(300)))
        #expect(cut.status == 400 && cut.header("Error-Code") == "truncated")
        #expect(try await daemon.post("/v2/models/tiny/screen", []).status == 400)
        #expect(try await daemon.post("/v2/models/tiny/screen", Array("text".utf8)).header("Error-Code") == "unsupported_format")
        await daemon.stop()
    }

    @Test func errors() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory, largestBody: 100_000)
        #expect(try await daemon.get("/v2/nothing").status == 404)
        #expect(try await daemon.get("/v2/models/other").status == 404)
        #expect(try await daemon.get("/v2/models/tiny/versions/9").status == 404)
        #expect(try await daemon.post("/v2/models/other/infer", [1]).status == 404)
        let method = try await daemon.get("/v2/models/tiny/infer")
        #expect(method.status == 405 && method.header("Allow") == "POST")
        let syntax = try await daemon.post("/v2/models/tiny/infer", Array("{".utf8))
        #expect(syntax.status == 400 && syntax.errorMessage?.contains("JSON") == true)
        let large = try await daemon.post("/v2/models/tiny/screen", [UInt8](repeating: 0, count: 1_000_000))
        #expect(large.status == 413 && large.header("Connection") == "close")
        let packed = try await daemon.post("/v2/models/tiny/screen", [1], [("Content-Encoding", "gzip")])
        #expect(packed.status == 501)
        await daemon.stop()
    }

    @Test func aModelWithAWrongHashIsNotReady() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let path = package.directory + "/model.onnx"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 100] ^= 4
        try bytes.write(to: URL(fileURLWithPath: path))
        let daemon = try await RunningDaemon(package, in: directory)
        #expect(try await daemon.get("/v2/health/live").status == 200)
        #expect(try await daemon.get("/v2/health/ready").status == 503)
        #expect(try await daemon.get("/v2/models/tiny/ready").status == 503)
        let answer = try await daemon.post("/v2/models/tiny/screen", testPicture(1).encodedPNG())
        #expect(answer.status == 503)
        #expect(answer.errorMessage?.contains("model.onnx") == true && !answer.text.contains(package.root))
        await daemon.stop()
    }

    /// Ten times as many clients as there are places: some are turned away at once, all others get their right answer.
    @Test func overload() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory, queue: 4)
        let pictures = try (0..<4).map { try testPicture($0, width: 700, height: 600).encodedPNG() }
        var expected: [Int] = []
        for picture in pictures {
            let answer = try await daemon.post("/v2/models/tiny/screen", picture)
            expected.append(try JSONDecoder().decode(ScreenReply.self, from: Data(answer.body)).grade)
        }
        let occupied = await daemon.occupy("tiny/3")
        let (refusals, refused) = AsyncStream.makeStream(of: Void.self)
        let clients = (0..<60).map { client in
            Task {
                let answer = try await daemon.post("/v2/models/tiny/screen", pictures[client % 4])
                if answer.status == 503 { refused.yield() }
                return answer
            }
        }
        var refusalCount = 0
        for await _ in refusals {
            refusalCount += 1
            if refusalCount == 56 { break }
        }
        #expect(try await daemon.waits(for: 4, of: "tiny/3"))
        occupied.release()
        var accepted = 0
        for (client, task) in clients.enumerated() {
            let answer = try await task.value
            #expect(answer.status == 200 || answer.status == 503)
            guard answer.status == 200 else { continue }
            accepted += 1
            #expect(try JSONDecoder().decode(ScreenReply.self, from: Data(answer.body)).grade == expected[client % 4])
        }
        #expect(accepted == 4)
        await daemon.stop()
    }

    @Test func aClientThatLeavesGivesUpItsPlace() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory)
        let occupied = await daemon.occupy("tiny/3")
        let picture = try testPicture(1).encodedPNG()
        let client = Task { try await daemon.post("/v2/models/tiny/screen", picture) }
        #expect(try await daemon.waits(for: 1, of: "tiny/3"))
        client.cancel()
        #expect(try await daemon.waits(for: 0, of: "tiny/3"))
        occupied.release()
        await daemon.stop()
    }

    @Test func stoppingFinishesWhatIsInFlight() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory)
        let picture = try testPicture(3).encodedPNG()
        let occupied = await daemon.occupy("tiny/3")
        let requests = (0..<4).map { _ in Task { try await daemon.post("/v2/models/tiny/screen", picture) } }
        #expect(try await daemon.waits(for: 4, of: "tiny/3"))
        await daemon.repository.drain()
        daemon.server.stop()
        #expect(daemon.server.busyConnections == 4)
        occupied.release()
        for request in requests { #expect(try await request.value.status == 200) }
        await daemon.task.value
        #expect(!FileManager.default.fileExists(atPath: daemon.socket))
        let gone = await #expect(throws: DaemonError.self) { try await daemon.get("/v2") }
        #expect(gone?.code == .connection)
    }
}
