import Daemon
import Foundation
import Pipelines
import Synchronization

/// A retrieval model of a stub: embeddings are functions of the pictures' bytes.
struct StubRetrieval: Sendable {
    var model = StubModel(classNames: ["none", "mild", "severe"])
    var dimension = 8
    var views = 1

    /// Not of length 1.
    func embedding(_ bytes: [UInt8]) -> [Float] {
        let digits = Array(bytes.withUnsafeBytes { sha256(of: $0) }.utf8)
        return (0..<self.dimension).map { Float(digits[$0]) - 60 }
    }

    /// As an index keeps it.
    func unit(_ bytes: [UInt8]) -> [Float] {
        let vector = self.embedding(bytes)
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return vector.map { Float(Double($0) / length) }
    }

    func answer(_ request: Request) -> Answer {
        if request.target == "/v2/models" { return self.model.list }
        if request.body.starts(with: Array("text".utf8)) {
            return self.model.json(#"{"error":"image: not an image"}"#, status: 400, code: "unsupported_format")
        }
        if request.body.starts(with: Array("other".utf8)) {
            return self.model.json(#"{"error":"model stub: is for screening"}"#, status: 400, code: "wrong_task")
        }
        let values = self.embedding(request.body).map { "\($0)" }.joined(separator: ",")
        return self.model.json(
            #"{"embedding":[\#(values)],"dimension":\#(self.dimension),"views":\#(self.views),\#(self.model.origin)}"#)
    }
}

/// A folder of files and an index beside it.
struct IndexPlace {
    let directory: TemporaryDirectory
    var folder: String { self.directory.path + "/pictures" }
    var index: String { self.directory.path + "/models/stub/index" }

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    func write(_ name: String, _ text: String) throws {
        let file = URL(fileURLWithPath: "\(self.directory.path)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
}

/// Values from many tasks.
final class Collected<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    var all: [Value] { self.values.withLock { $0 } }
    func add(_ value: Value) { self.values.withLock { $0.append(value) } }
}
