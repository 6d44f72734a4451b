import Kernels
#if canImport(Glibc)
    import Glibc
#endif

/// A dedicated long-lived thread that runs jobs in order with an OpenMP team of its own.
///
/// libgomp keeps one team per calling thread, so computation never runs on Swift's cooperative pool. The locks and
/// unchecked state of the module are in this file.
package final class ComputeThread: Sendable {
    /// Size of the team, the thread itself included.
    package let threads: Int
    private let worker: Worker

    /// Starts the thread; throws where the system has none to give.
    /// - Parameters:
    ///   - cores: where the team stays; anywhere when nil.
    ///   - stackByteCount: of the thread itself; its team's stacks are libgomp's.
    package init(threads: Int, cores: [Int]? = nil, stackByteCount: Int = 8 << 20) throws(RuntimeError) {
        self.threads = threads
        self.worker = Worker(threads: threads, cores: cores)
        try self.worker.start(stackByteCount: stackByteCount)
    }

    deinit {
        self.worker.stop()
    }

    /// Runs `body` on the thread; the caller is suspended, its thread is not blocked.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            self.worker.enqueue { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    /// Runs `body` on the thread and blocks until it is done; for programs that have nothing else to do.
    package func runAndWait<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let box = ResultBox<Result>()
        self.worker.enqueue { box.fulfil(Swift.Result { try body() }) }
        return try box.wait().get()
    }
}

/// A mutex with its condition variable.
private final class Monitor: @unchecked Sendable {
    private var mutex = pthread_mutex_t()
    private var condition = pthread_cond_t()

    init() {
        pthread_mutex_init(&self.mutex, nil)
        pthread_cond_init(&self.condition, nil)
    }

    deinit {
        pthread_cond_destroy(&self.condition)
        pthread_mutex_destroy(&self.mutex)
    }

    func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(&self.mutex)
        defer { pthread_mutex_unlock(&self.mutex) }
        return body()
    }

    /// Waits inside `locked`.
    func wait() { pthread_cond_wait(&self.condition, &self.mutex) }

    func signal() { pthread_cond_signal(&self.condition) }
}

/// The queue of a compute thread and its loop.
private final class Worker: @unchecked Sendable {
    private let monitor = Monitor()
    private var jobs: [@Sendable () -> Void] = []
    private var isStopping = false
    private let threads: Int
    private let cores: [Int]?

    init(threads: Int, cores: [Int]?) {
        self.threads = threads
        self.cores = cores
    }

    func start(stackByteCount: Int) throws(RuntimeError) {
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackByteCount)
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Worker>.fromOpaque(pointer).takeRetainedValue().loop()
                return nil
            }, context.toOpaque())
        pthread_attr_destroy(&attributes)
        guard status == 0 else {
            context.release()
            throw RuntimeError(.outOfMemory, "compute thread", "cannot be started: \(String(cString: strerror(status)))")
        }
    }

    func stop() {
        self.monitor.locked {
            self.isStopping = true
            self.monitor.signal()
        }
    }

    func enqueue(_ job: @escaping @Sendable () -> Void) {
        self.monitor.locked {
            self.jobs.append(job)
            self.monitor.signal()
        }
    }

    private func loop() {
        if let cores = self.cores { Cores.pinCallingThread(to: cores) }
        setThreadCount(self.threads)
        while let job = self.next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        self.monitor.locked {
            while self.jobs.isEmpty {
                if self.isStopping { return nil }
                self.monitor.wait()
            }
            return self.jobs.removeFirst()
        }
    }
}

/// A result that one thread gives and another waits for.
private final class ResultBox<Success: Sendable>: @unchecked Sendable {
    private let monitor = Monitor()
    private var result: Result<Success, any Error>?

    func fulfil(_ result: Result<Success, any Error>) {
        self.monitor.locked {
            self.result = result
            self.monitor.signal()
        }
    }

    func wait() -> Result<Success, any Error> {
        self.monitor.locked {
            while true {
                if let result = self.result { return result }
                self.monitor.wait()
            }
        }
    }
}

/// How much work each of several places has; the least busy one gets the next.
final class Balance: @unchecked Sendable {
    private let monitor = Monitor()
    private var counts: [Int]

    init(places: Int) {
        self.counts = [Int](repeating: 0, count: places)
    }

    /// The place that has the least work, or the one that is asked for, with one more.
    func take(_ place: Int? = nil) -> Int {
        self.monitor.locked {
            let place = place ?? self.counts.indices.min { self.counts[$0] < self.counts[$1] } ?? 0
            self.counts[place] += 1
            return place
        }
    }

    func finish(_ place: Int) { self.monitor.locked { self.counts[place] -= 1 } }
}
