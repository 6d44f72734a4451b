/// Does `work` for every item, at most `jobs` at once, and hands the results over in the order of the items.
///
/// It ends early when either throws a `DaemonError`, or by cancellation. Then what is finished is handed over too, in order but
/// with gaps, unless it was `deliver` that failed.
///
/// - Returns: the error that ended it; nil after the last item and after cancellation.
func inOrder<Item: Sendable, Output: Sendable>(
    _ items: [Item], jobs: Int, work: @escaping @Sendable (Item) async throws -> Output,
    deliver: (Output) throws(DaemonError) -> Void
) async -> DaemonError? {
    // Results wait here until those before them are handed over.
    var finished: [Int: Output] = [:]
    var delivered = 0
    var fatal: DaemonError?
    var delivers = true
    func hand(_ output: Output) {
        do throws(DaemonError) {
            try deliver(output)
        } catch {
            fatal = fatal ?? error
            delivers = false
        }
    }
    await withTaskGroup(of: (Int, Result<Output, any Error>).self) { group in
        var next = 0
        func start() {
            guard next < items.count, fatal == nil, !Task.isCancelled else { return }
            let (index, item) = (next, items[next])
            next += 1
            group.addTask {
                do { return (index, .success(try await work(item))) } catch { return (index, .failure(error)) }
            }
        }
        for _ in 0..<max(1, jobs) { start() }
        while let (index, result) = await group.next() {
            switch result {
            case .success(let output): finished[index] = output
            case .failure(let error as DaemonError): fatal = fatal ?? error
            case .failure: break
            }
            while delivers, let output = finished.removeValue(forKey: delivered) {
                hand(output)
                delivered += 1
            }
            if fatal != nil { group.cancelAll() }
            start()
        }
    }
    for index in finished.keys.sorted() where delivers {
        if let output = finished[index] { hand(output) }
    }
    return fatal
}
