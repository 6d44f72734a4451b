import Foundation
import Graph
import OnnxFormat
import Testing

/// Every file of Golden/onnx_malicious gives the error that is expected of it, or works where it must.
@Suite struct MaliciousTests {
    struct Cases: Decodable {
        struct Case: Decodable {
            let error: String?
            let output: String?
        }
        let n: Int
        let cases: [String: Case]
    }

    static let operators = OperatorTable.all
    /// What endless loops and functions stop at, small enough for tests.
    static let limits = OnnxLimits {
        $0.nodes = 1 << 14
        $0.expandedBytes = 1 << 24
    }

    static func load() throws -> Cases {
        try JSONDecoder().decode(Cases.self, from: Data(contentsOf: golden("onnx_malicious").appending(path: "cases.json")))
    }

    /// The golden directory with what a repository cannot hold: links, a pipe, directories, a file outside.
    static func makeRoot() throws -> TemporaryDirectory {
        let root = try TemporaryDirectory()
        let files = FileManager.default
        let inside = root.file("inside")
        try files.copyItem(atPath: golden("onnx_malicious").path, toPath: inside)
        try root.write(Data(count: 64), "weights.bin")
        let weights = try root.read("inside/weights.bin")
        try files.createDirectory(atPath: "\(inside)/sub", withIntermediateDirectories: false)
        try root.write(weights, "inside/sub/weights.bin")
        try root.write(weights, "inside/hard.bin")
        #expect(link("\(inside)/hard.bin", root.file("elsewhere.bin")) == 0)
        try files.createSymbolicLink(atPath: "\(inside)/link.bin", withDestinationPath: "weights.bin")
        try files.createSymbolicLink(atPath: "\(inside)/linked", withDestinationPath: "sub")
        try files.createSymbolicLink(atPath: "\(inside)/null.bin", withDestinationPath: "/dev/zero")
        #expect(mkfifo("\(inside)/pipe.bin", 0o600) == 0)
        try root.write(Data(), "inside/empty.bin")
        return root
    }

    /// With the limits that programs use: an endless loop is given up before anybody thinks that the program hangs.
    @Test(arguments: ["loop_endless", "loop_endless_empty", "doubling_functions"])
    func whatDoesNotEndIsGivenUpSoon(_ name: String) throws {
        let model = try OnnxFile.read(golden("onnx_malicious").appending(path: "\(name).onnx").path)
        let start = Self.threadSeconds
        let error = #expect(throws: OnnxError.self) { try model.graph(binding: ["n": 2], operators: Self.operators) }
        #expect(error?.code == .tooLarge)
        #if DEBUG
            let most = 20.0
        #else
            let most = 2.0
        #endif
        #expect(Self.threadSeconds - start < most)
    }

    /// Processor time of this thread.
    private static var threadSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    @Test func everyCaseIsAnsweredAsExpected() throws {
        let root = try Self.makeRoot()
        let golden = try Self.load()
        #expect(golden.cases.count > 100)
        for (name, expected) in golden.cases.sorted(by: { $0.key < $1.key }) {
            var answer: String?
            var output: String?
            do throws(OnnxError) {
                let model = try OnnxFile.read(root.file("inside/\(name).onnx"), limits: Self.limits)
                let graph = try model.graph(binding: ["n": golden.n], operators: Self.operators)
                output = graph.outputs.first.map { graph[$0.value].type.description }
            } catch {
                answer = "\(error.code)"
                #expect(!error.subject.isEmpty && !error.message.isEmpty, "\(name)")
                #expect(!error.description.contains("root:"), "\(name) shows the contents of a file")
            }
            #expect(answer == expected.error, "\(name): \(answer ?? "no error")")
            #expect(output == expected.output, "\(name): \(output ?? "no output")")
        }
    }

    /// The message about a golden model, which must contain all of these.
    static func expect(_ parts: [String], about name: String) throws {
        let root = try Self.makeRoot()
        let model = try OnnxFile.read(root.file("inside/\(name).onnx"))
        let error = #expect(throws: OnnxError.self) { try model.graph(binding: ["n": 2], operators: Self.operators) }
        for part in parts { #expect(error?.description.contains(part) == true, "\(part) is not in: \(error?.description ?? "")") }
    }

    @Test func everythingUnsupportedIsNamedAtOnce() throws {
        try Self.expect(["Bar × 1, Foo × 2"], about: "unknown_operators")
        try Self.expect(["ai.onnx.ml.Scaler × 1"], about: "foreign_domain_alone")
        try Self.expect(
            [
                "operators that are not supported: Bar × 1, Foo × 3, com.microsoft.Gelu × 1", "opsets that are not supported: 99",
                "element types that are not supported: complex64 (u), string (t)",
                "attributes that are not supported: kind of Relu (typed)",
            ], about: "everything_unsupported")
        try Self.expect(["2 nodes", "first (Relu)", "slope", "second (Relu)", "power"], about: "unknown_attributes")
    }

    @Test func modelFileItself() throws {
        let root = try Self.makeRoot()
        for (path, code) in [
            ("inside/absent.onnx", OnnxError.Code.cannotRead), ("inside/sub", .cannotRead), ("inside/pipe.bin", .cannotRead),
            ("inside/link.bin", .cannotRead), ("inside/empty.bin", .malformed), ("absent/model.onnx", .cannotRead),
        ] {
            let error = #expect(throws: OnnxError.self) { try OnnxFile.read(root.file(path)) }
            #expect(error?.code == code, "\(path)")
        }
        let limited = #expect(throws: OnnxError.self) {
            try OnnxFile.read(root.file("inside/valid.onnx"), limits: OnnxLimits { $0.modelBytes = 10 })
        }
        #expect(limited?.code == .tooLarge)
    }

    @Test func externalWeightsAreViewsOfTheMappedFile() throws {
        let root = try Self.makeRoot()
        let model = try OnnxFile.read(root.file("inside/valid.onnx"))
        #expect(model.files.map(\.path) == ["valid.onnx", "weights.bin"])
        #expect(model.files[1].byteCount == 64)
        let graph = try model.graph(binding: ["n": 2], operators: Self.operators)
        let tensor = try #require(graph.values.first { $0.name == "w" }?.constant)
        #expect(tensor.storage === model.files[1].contents)
        #expect(tensor.byteOffset == 16)
        #expect(tensor.array(of: Float.self) == [4, 5, 6, 7])
        // At an offset that is no multiple of the element size it is a copy of the right bytes.
        let copy = try #require(
            try OnnxFile.read(root.file("inside/unaligned.onnx")).graph(binding: ["n": 2], operators: Self.operators)
                .values.first { $0.name == "w" }?.constant)
        let bytes = try root.read("inside/weights.bin")[3..<19]
        #expect(copy.withElements(as: Float.self) { Data(buffer: $0) } == Data(bytes))
    }

    @Test func interfaceAndSizes() throws {
        let root = try Self.makeRoot()
        let model = try OnnxFile.read(root.file("inside/valid.onnx"))
        #expect(model.inputs.map(\.description) == ["x: float32[n, 4]"])
        #expect(model.outputs.map(\.description) == ["y: float32[n, 4]"])
        #expect(model.symbolicDimensions == ["n"])
        #expect(model.opset == 17 && model.irVersion == 8 && model.producerName == "golden")
        let graph = try model.graph(inputs: ["x": [7, 4]], operators: Self.operators)
        #expect(graph.description == "input x: float32[7, 4]\nadd: float32[7, 4] = Add(x, w)\noutput y = add")
        for (binding, inputs) in [
            (["n": 2], ["x": [3, 4]]), ([:], ["x": [3, 5]]), ([:], ["x": [3]]), ([:], ["z": [3, 4]]), (["n": -1], [:]),
            (["n": 1 << 60], [:]),
        ] as [([String: Int], [String: [Int]])] {
            #expect(throws: OnnxError.self) { try model.graph(binding: binding, inputs: inputs, operators: Self.operators) }
        }
    }
}
