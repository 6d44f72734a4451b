/// Who may compute now, who waits and who is turned away: a bounded first-come-first-served queue as a value.
package struct AdmissionQueue: Sendable {
    package enum Decision: Sendable, Hashable {
        case start
        case wait
        case refuse
    }

    /// Requests that compute at once.
    package let slots: Int
    /// Requests that may wait.
    package let capacity: Int
    package private(set) var running = 0
    package private(set) var waiting: [UInt64] = []

    package init(slots: Int, capacity: Int) {
        precondition(slots > 0 && capacity >= 0)
        self.slots = slots
        self.capacity = capacity
    }

    /// A request comes.
    package mutating func arrive(_ id: UInt64) -> Decision {
        if self.running < self.slots {
            self.running += 1
            return .start
        }
        guard self.waiting.count < self.capacity else { return .refuse }
        self.waiting.append(id)
        return .wait
    }

    /// A request that computed is done; returns the waiting one that starts instead.
    package mutating func finish() -> UInt64? {
        precondition(self.running > 0, "more requests finished than started")
        guard !self.waiting.isEmpty else {
            self.running -= 1
            return nil
        }
        return self.waiting.removeFirst()
    }

    /// A request gives up; returns whether it was still waiting.
    package mutating func abandon(_ id: UInt64) -> Bool {
        guard let index = self.waiting.firstIndex(of: id) else { return false }
        self.waiting.remove(at: index)
        return true
    }
}
