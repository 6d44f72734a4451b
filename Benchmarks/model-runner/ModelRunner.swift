import Foundation
import Graph
import Kernels
import OnnxFormat
import Runtime

/// Our side of `make bench-peers`: loads a model, then computes only when standard input tells it to.
///
///     model-runner MODEL.onnx INPUT SHAPE THREADS PRECISION
///
/// INPUT holds the model's first input as raw float32 of SHAPE (such as 1,3,224,224). THREADS work on one run, or KxT: K
/// streams of T threads run at once, and a time is what one of K runs took then. PRECISION is f32, bf16, or int8 for a file
/// whose nodes say so. After the first run one line of JSON tells how long loading took; then every command line gets one:
///
///     run COUNT       times in milliseconds
///     output FILE     shape of the first output, whose elements are in FILE as raw float32
///     profile [FILE]  a table of times by operator on standard error; FILE gets the nodes as a Chrome trace
///     quit
@main struct ModelRunner {
    private let session: Session
    private let inputs: [String: Tensor]

    static func main() async {
        limitSpinning()
        do {
            guard CommandLine.arguments.count == 6 else {
                throw RunnerError("usage: model-runner MODEL.onnx INPUT SHAPE THREADS PRECISION")
            }
            let clock = ContinuousClock()
            let start = clock.now
            let runner = try ModelRunner(Array(CommandLine.arguments.dropFirst()))
            let loaded = clock.now
            _ = try runner.run()
            try Self.answer(Ready(loadMs: (loaded - start).milliseconds, firstMs: (clock.now - loaded).milliseconds))
            while let line = readLine() {
                let words = line.split(separator: " ", maxSplits: 1).map(String.init)
                if words == ["quit"] { return }
                try await runner.obey(words.first ?? "", words.dropFirst().first)
            }
        } catch {
            FileHandle.standardError.write(Data("model-runner: \(error)\n".utf8))
            exit(1)
        }
    }

    private init(_ arguments: [String]) throws {
        let precisions: [String: SessionOptions.Precision] = ["f32": .float32, "bf16": .bfloat16, "int8": .float32]
        guard let precision = precisions[arguments[4]] else { throw RunnerError("there is no precision \(arguments[4])") }
        let counts = arguments[3].split(separator: "x").compactMap { Int($0) }
        let options = SessionOptions(
            threads: counts.last ?? 1, precision: precision, streams: counts.count > 1 ? counts[0] : 1,
            pinsThreads: counts.count > 1)
        self.session = try Session(path: arguments[0], options: options)
        guard self.session.precision == precision else {
            throw RunnerError("this processor computes in \(self.session.precision), not \(precision)")
        }
        guard let port = self.session.model.inputs.first, port.dataType == .float32 else {
            throw RunnerError("the model's first input must be float32, not \(self.session.model.inputs)")
        }
        let type = TensorType(.float32, arguments[2].split(separator: ",").compactMap { Int($0) })
        let bytes = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
        guard bytes.count == type.byteCount else { throw RunnerError("\(bytes.count) bytes of input for \(type)") }
        let tensor = Tensor(zeros: type)
        bytes.copyBytes(to: UnsafeMutableRawBufferPointer(start: tensor.rawPointer, count: bytes.count))
        self.inputs = [port.name: tensor]
    }

    private func run() throws -> [String: Tensor] { try self.session.runAndWait(self.inputs) }

    /// The time of a run; with several streams of a share of runs that begin together, a few on each.
    private func measure() async throws -> Duration {
        let clock = ContinuousClock()
        let streams = self.session.options.streams
        guard streams > 1 else { return try clock.measure { _ = try self.run() } }
        let (session, inputs, each) = (self.session, self.inputs, 4)
        let all = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<(streams * each) { group.addTask { _ = try await session.run(inputs) } }
                try await group.waitForAll()
            }
        }
        return all / (streams * each)
    }

    private func obey(_ command: String, _ argument: String?) async throws {
        switch (command, argument) {
        case ("run", let count?):
            var times: [Double] = []
            for _ in 0..<(Int(count) ?? 1) { times.append(try await self.measure().milliseconds) }
            try Self.answer(["times_ms": times])
        case ("output", let path?):
            guard let output = self.session.model.outputs.first, let tensor = try self.run()[output.name],
                tensor.type.dataType == .float32
            else { throw RunnerError("the model's first output must be float32") }
            let bytes = tensor.withElements(as: Float.self) { Data(buffer: $0) }
            try bytes.write(to: URL(fileURLWithPath: path))
            try Self.answer(["shape": tensor.shape])
        case ("profile", let path):
            let report = try self.session.report(self.inputs)
            FileHandle.standardError.write(Data(report.operationTable.utf8))
            if let path { try Data(report.chromeTrace.utf8).write(to: URL(fileURLWithPath: path)) }
            try Self.answer(["total_ms": report.seconds * 1e3])
        default:
            throw RunnerError("there is no command \(command) \(argument ?? "")")
        }
    }

    private static func answer(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        FileHandle.standardOutput.write(try encoder.encode(value) + Data("\n".utf8))
    }
}

private struct Ready: Encodable {
    var runtime = "dr"
    let loadMs: Double
    let firstMs: Double
}

private struct RunnerError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Duration {
    fileprivate var milliseconds: Double { self / .milliseconds(1) }
}
