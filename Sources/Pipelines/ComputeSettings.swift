import Runtime

/// How a model computes: what the daemon was started with, changed by what `model.yaml` says.
package struct ComputeSettings: Sendable, Hashable {
    package var precision: PrecisionChoice
    /// Threads of all streams together; all cores of the process when nil.
    package var threads: Int?
    /// Requests of a model that are computed at the same time.
    package var streams: Int
    /// Each stream stays on cores of its own.
    package var pin: Bool

    /// What may be asked for.
    package static let threadCounts = 1...1024
    package static let streamCounts = 1...64

    package init(precision: PrecisionChoice = .auto, threads: Int? = nil, streams: Int = 1, pin: Bool = false) {
        self.precision = precision
        self.threads = threads
        self.streams = streams
        self.pin = pin
    }

    /// The same, with what a model's settings say of it.
    func changed(by settings: ModelSettings) -> ComputeSettings {
        ComputeSettings(
            precision: settings.precision ?? self.precision, threads: settings.threads ?? self.threads,
            streams: settings.streams ?? self.streams, pin: settings.pin ?? self.pin)
    }

    func options(_ precision: SessionOptions.Precision) -> SessionOptions {
        SessionOptions(sharing: self.threads, precision: precision, streams: self.streams, pinsThreads: self.pin)
    }
}
