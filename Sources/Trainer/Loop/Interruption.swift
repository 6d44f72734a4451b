#if canImport(Glibc)
    import Glibc
#endif
import Foundation
import Dispatch

/// Notices SIGINT and SIGTERM, so that a run can end between two steps with everything saved.
///
/// The second signal ends the program at once.
package final class Interruption: @unchecked Sendable {
    private let lock = NSLock()
    private var signalNumber: Int32?
    private var sources: [any DispatchSourceSignal] = []

    package init() {}

    /// The signal that came, nil while none did.
    package var signal: Int32? { self.lock.withLock { self.signalNumber } }

    /// Begins to listen; without it `signal` stays nil.
    package func listen() {
        for number in [SIGINT, SIGTERM] {
            Glibc.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                let isSecond = self.lock.withLock {
                    defer { self.signalNumber = number }
                    return self.signalNumber != nil
                }
                if isSecond { _exit(128 + number) }
            }
            source.resume()
            self.sources.append(source)
        }
    }
}
