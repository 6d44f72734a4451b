#if canImport(Glibc)
    import Glibc
#endif
import Foundation

/// Progress on standard error: one line that is drawn again on a terminal, a plain line now and then in a log.
package struct ProgressLine {
    private let isTerminal = isatty(2) == 1
    private let clock = ContinuousClock()
    private var lastDrawn: ContinuousClock.Instant?
    /// Seconds between two lines: on a terminal, in a log.
    private let pauses = (terminal: 0.2, log: 30.0)

    package init() {}

    /// Shows how far a stretch of work is; the last step of it is always shown.
    package mutating func show(_ label: String, done: Int, of total: Int, note: String) {
        let now = self.clock.now
        let pause = self.isTerminal ? self.pauses.terminal : self.pauses.log
        if let last = self.lastDrawn, done < total, now - last < .seconds(pause) { return }
        self.lastDrawn = now
        let text: String
        if self.isTerminal {
            let width = 24
            let filled = total > 0 ? width * done / total : width
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
            text = "\r\u{1B}[K\(label) \(bar) \(done)/\(total) \(note)"
        } else {
            text = "\(label) \(done)/\(total) \(note)\n"
        }
        Self.write(text)
    }

    /// Removes a drawn line, so that other text can follow.
    package mutating func clear() {
        if self.isTerminal, self.lastDrawn != nil { Self.write("\r\u{1B}[K") }
        self.lastDrawn = nil
    }

    /// A line of its own.
    package mutating func say(_ text: String) {
        self.clear()
        Self.write(text + "\n")
    }

    private static func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
