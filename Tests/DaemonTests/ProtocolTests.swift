import Daemon
import Graph
import Pipelines
import Testing

@Suite struct RouteTests {
    @Test(arguments: [
        ("GET", "/v2", Route.server), ("GET", "/v2/", .server), ("GET", "/v2/health/live", .live),
        ("GET", "/v2/health/ready", .ready), ("GET", "/v2/models", .models), ("POST", "/v2/repository/index", .index),
        ("GET", "/v2/models/m", .model(.init(name: "m"))),
        ("GET", "/v2/models/m/versions/3", .model(.init(name: "m", version: 3))),
        ("GET", "/v2/models/m/ready", .modelReady(.init(name: "m"))),
        ("POST", "/v2/models/m/infer", .infer(.init(name: "m"))),
        ("POST", "/v2/models/m/versions/12/infer?x=1", .infer(.init(name: "m", version: 12))),
        ("POST", "/v2/models/versions/screen", .screen(.init(name: "versions"))),
    ])
    func known(_ method: String, _ target: String, _ route: Route) throws {
        #expect(try Route(method: method, target: target) == route)
    }

    @Test(arguments: [
        ("GET", "/", 404), ("GET", "/v1", 404), ("GET", "v2", 404), ("GET", "", 404), ("GET", "/v2//models", 404),
        ("GET", "/v2/models/..", 404), ("GET", "/v2/models/%2e%2e/ready", 404), ("GET", "/v2/models/.hidden", 404),
        ("GET", "/v2/models/m/versions/0", 404), ("GET", "/v2/models/m/versions/01", 404),
        ("GET", "/v2/models/m/versions/-1", 404), ("GET", "/v2/models/m/versions/99999999999999999999", 404),
        ("GET", "/v2/models/m/versions", 404), ("POST", "/v2/models/m/unload", 404), ("POST", "/v2", 405),
        ("DELETE", "/v2/models/m", 405), ("GET", "/v2/models/m/infer", 405), ("GET", "/v2/models/m/screen", 405),
    ])
    func refused(_ method: String, _ target: String, _ status: Int) throws {
        let error = try #require(throws: DaemonError.self) { try Route(method: method, target: target) }
        #expect(ErrorReply(error).status == status)
    }

    @Test func aLongPathIsRefused() throws {
        let target = "/v2/models/" + String(repeating: "a", count: 2000)
        #expect(throws: DaemonError.self) { try Route(method: "GET", target: target) }
    }
}

@Suite struct InferRequestTests {
    private let inputs = [ModelPort(name: "x", dataType: .float32, shape: [nil, 2])]
    private let outputs = [
        ModelPort(name: "y", dataType: .float32, shape: [nil, 3]), ModelPort(name: "z", dataType: .float32, shape: [nil]),
    ]

    private func parse(_ text: String, _ binary: [UInt8]? = nil, length: String? = nil) throws -> InferRequest {
        let header = Array(text.utf8)
        return try InferRequest(
            body: header + (binary ?? []), headerLength: length ?? binary.map { _ in String(header.count) }, inputs: inputs,
            outputs: outputs)
    }

    private func input(_ rest: String) -> String { #"{"inputs":[{"name":"x","datatype":"FP32",\#(rest)}]}"# }

    @Test(arguments: ["[1,2,3,4]", "[[1,2],[3,4]]", "[1.0,2,3,4e0]", "[[1,2.0],[3,4]]"])
    func dataFlatOrNested(_ data: String) throws {
        let request = try parse(input(#""shape":[2,2],"data":\#(data)"#))
        #expect(request.inputs["x"]?.array(of: Float.self) == [1, 2, 3, 4])
        #expect(request.inputs["x"]?.shape == [2, 2])
        #expect(request.outputs.map(\.name) == ["y", "z"])
        #expect(request.id == nil)
    }

    @Test func binaryData() throws {
        let bytes: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
        let text =
            #"{"id":"a","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}],"#
            + #""outputs":[{"name":"z","parameters":{"binary_data":true}}]}"#
        let request = try parse(text, bytes)
        #expect(request.inputs["x"]?.array(of: Float.self) == [1, -2])
        #expect(request.id == "a")
        #expect(request.outputs == [InferRequest.Output(name: "z", isBinary: true)])
    }

    @Test(arguments: [
        "[]", "{}", #"{"inputs":{}}"#, #"{"inputs":[]}"#, #"{"inputs":[1]}"#, #"{"inputs":[{"name":"q"}]}"#,
        #"{"id":7,"inputs":[]}"#,
    ])
    func incompleteRequestsAreRefused(_ text: String) {
        #expect(throws: DaemonError.self) { try parse(text) }
    }

    @Test(arguments: [
        #""shape":[2,2],"data":[1,2,3]"#, #""shape":[2,2],"data":[1,2,3,"a"]"#, #""shape":[2,2],"data":[1,2,3,null]"#,
        #""shape":[2,2],"data":[1,2,3,[]]"#, #""shape":[2,2],"data":{}"#, #""shape":[2,2]"#, #""shape":[2],"data":[1,2]"#,
        #""shape":[1,3],"data":[1,2,3]"#, #""shape":[-1,2],"data":[]"#, #""shape":[0,2],"data":[]"#,
        #""shape":[1.5,2],"data":[1,2,3]"#, #""shape":"x","data":[]"#, #""shape":[4611686018427387904,2],"data":[]"#,
        #""shape":[65,2],"data":[1]"#, #""shape":[1,2],"data":[1,2],"parameters":{"binary_data_size":8}"#,
        #""shape":[1,2],"parameters":{"binary_data_size":8}"#, #""shape":[1,2],"parameters":{"binary_data_size":4}"#,
        #""shape":[1,2],"parameters":{"shared_memory_region":"r"}"#,
    ])
    func contradictionsAreRefused(_ rest: String) {
        #expect(throws: DaemonError.self) { try parse(input(rest)) }
    }

    @Test(arguments: ["-1", "x", "99999", "99999999999999999999", ""])
    func wrongHeaderLengths(_ length: String) {
        #expect(throws: DaemonError.self) { try parse(input(#""shape":[1,2],"data":[1,2]"#), [], length: length) }
    }

    @Test func bytesLeftOverAreRefused() {
        #expect(throws: DaemonError.self) { try parse(input(#""shape":[1,2],"data":[1,2]"#), [0]) }
    }

    @Test func wrongTypeIsRefused() {
        let text = #"{"inputs":[{"name":"x","datatype":"INT64","shape":[1,2],"data":[1,2]}]}"#
        #expect(throws: DaemonError.self) { try parse(text) }
    }

    @Test func unknownOutputsAreRefused() {
        let text = #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}],"outputs":[{"name":"q"}]}"#
        #expect(throws: DaemonError.self) { try parse(text) }
    }
}

@Suite struct ErrorReplyTests {
    @Test func theMap() {
        func status(_ code: DaemonError.Code) -> Int { ErrorReply(DaemonError(code, "s", "m")).status }
        #expect(DaemonError.Code.allCases.map { status($0) } == [400, 404, 405, 413, 501, 503, 500, 500, 500, 500])
        func pipeline(_ code: PipelineError.Code) -> Int { ErrorReply(PipelineError(code, "s", "m")).status }
        #expect(pipeline(.notFound) == 404 && pipeline(.notReady) == 503 && pipeline(.image) == 400 && pipeline(.input) == 400)
        #expect(pipeline(.execution) == 500)
        #expect(ErrorReply(CancellationError()).status == 503)
    }

    @Test func faultsAreNotTold() {
        let secret = "/srv/secret/model.onnx"
        for code in [PipelineError.Code.file, .model, .execution] {
            #expect(!ErrorReply(PipelineError(code, secret, secret)).message.contains("secret"))
        }
    }
}

@Suite struct AdmissionQueueTests {
    @Test func firstComeFirstServed() {
        var queue = AdmissionQueue(slots: 1, capacity: 2)
        let decisions = [queue.arrive(1), queue.arrive(2), queue.arrive(3), queue.arrive(4)]
        #expect(decisions == [.start, .wait, .wait, .refuse])
        let second = queue.finish()
        #expect(second == 2)
        let fifth = queue.arrive(5)
        #expect(fifth == .wait)
        let abandoned = [queue.abandon(3), queue.abandon(3), queue.abandon(2)]
        #expect(abandoned == [true, false, false])
        let rest = [queue.finish(), queue.finish()]
        #expect(rest == [5, nil])
        #expect(queue.running == 0)
        let sixth = queue.arrive(6)
        #expect(sixth == .start)
    }

    @Test func aCancelledRequestLeavesItsPlace() async throws {
        let scheduler = Scheduler(capacity: 1)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (started, begin) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await scheduler.run("m", slots: 1) {
                begin.finish()
                for await _ in gate {}
            }
        }
        for await _ in started {}
        let second = Task { () -> Bool in
            do {
                try await scheduler.run("m", slots: 1) {}
                return true
            } catch { return false }
        }
        while await scheduler.waiting("m") == 0 { try await Task.sleep(for: .milliseconds(1)) }
        second.cancel()
        #expect(await second.value == false)
        #expect(await scheduler.waiting("m") == 0)
        let third = Task { try await scheduler.run("m", slots: 1) { 7 } }
        while await scheduler.waiting("m") == 0 { try await Task.sleep(for: .milliseconds(1)) }
        let refused = await #expect(throws: DaemonError.self) { try await scheduler.run("m", slots: 1) {} }
        #expect(refused?.code == .unavailable)
        open.finish()
        try await first.value
        #expect(try await third.value == 7)
    }
}
