package import Graph
package import OnnxFormat
import Kernels

/// A loaded model that answers requests, on compute threads of its own.
///
/// Weights stay in the mapped file; plans are made for each combination of input shapes when it is first asked for,
/// and share packed weights.
package final class Session: Sendable {
    package let model: OnnxModel
    package let options: SessionOptions
    /// What is computed with: the precision asked for, or float32 where the CPU cannot.
    package let precision: SessionOptions.Precision
    private let streams: [Stream]
    private let balance: Balance

    /// One stream: a team of threads with the plans that it runs.
    private struct Stream: Sendable {
        let thread: ComputeThread
        let plans: PlanCache
    }

    /// Maps and checks a model file.
    /// - Parameters:
    ///   - path: `model.onnx`; external data lies beside it.
    ///   - limits: bounds on what the model may ask for.
    package init(path: String, options: SessionOptions, limits: OnnxLimits = OnnxLimits()) throws(RuntimeError) {
        do throws(OnnxError) {
            self.model = try OnnxFile.read(path, limits: limits)
            try self.model.refuseUnsupported(operators: OperatorTable.all)
        } catch {
            throw RuntimeError(error).of(model: path)
        }
        self.options = options
        self.precision = options.precision.isAvailable ? options.precision : .float32
        let packs = PackStore()
        let allowed = Cores.allowed
        var streams: [Stream] = []
        for index in 0..<options.streams {
            let cores = (0..<options.threads).map { allowed[(index * options.threads + $0) % allowed.count] }
            streams.append(
                Stream(
                    thread: try ComputeThread(threads: options.threads, cores: options.pinsThreads ? cores : nil),
                    plans: PlanCache(
                        self.model, path: path, threads: options.threads, precision: self.precision, packs: packs)))
        }
        self.streams = streams
        self.balance = Balance(places: streams.count)
    }

    /// - Parameter threads: size of the compute team of the only stream.
    package convenience init(path: String, threads: Int, limits: OnnxLimits = OnnxLimits()) throws(RuntimeError) {
        try self.init(path: path, options: SessionOptions(threads: threads), limits: limits)
    }

    /// Runs the model; returns its outputs by name.
    /// - Parameter inputs: one tensor for each input of the model, of its element type; free dimensions take any size.
    package func run(_ inputs: [String: Tensor]) async throws -> [String: Tensor] {
        let place = self.balance.take()
        defer { self.balance.finish(place) }
        let stream = self.streams[place]
        return try await stream.thread.run { try stream.plans.run(inputs) }
    }

    /// Runs other work with the threads of the first stream, when it is its turn; never two such works at once.
    package func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let place = self.balance.take(0)
        defer { self.balance.finish(place) }
        return try await self.streams[place].thread.run(body)
    }

    /// Runs the model on the first stream and blocks until it is done; for programs that have nothing else to do.
    package func runAndWait(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let stream = self.streams[0]
        return try stream.thread.runAndWait { try stream.plans.run(inputs) }
    }

    /// Runs the model on the first stream, with `body` in the place of `Plan.run` for the plan of each of its stages.
    package func runAndWait(
        _ inputs: [String: Tensor], running body: @escaping @Sendable (Plan) throws(RuntimeError) -> Void
    ) throws -> [String: Tensor] {
        let stream = self.streams[0]
        return try stream.thread.runAndWait { try stream.plans.walk(inputs, body) }
    }

    /// Every value of one run by name, with the plain graph of the file (no fusion), for comparing node by node.
    package func trace(_ inputs: [String: Tensor]) throws -> [(node: String, tensors: [Tensor])] {
        let stream = self.streams[0]
        return try stream.thread.runAndWait { try stream.plans.trace(inputs) }
    }

    /// Runs the model once on the first stream and says what it takes in memory and where its time goes.
    package func report(_ inputs: [String: Tensor]) throws -> SessionReport {
        let stream = self.streams[0]
        return try stream.thread.runAndWait { try stream.plans.report(inputs) }
    }
}
