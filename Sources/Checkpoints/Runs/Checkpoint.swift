package import Graph

/// The checkpoints that a run keeps.
package enum CheckpointName: Sendable, Hashable, CustomStringConvertible {
    /// The best validation metric so far.
    case best
    /// The most recent epoch.
    case last
    /// Written on SIGINT, SIGTERM or a time limit, in the middle of an epoch.
    case interrupted
    case epoch(Int)

    /// The name of the directory: `best`, `last`, `interrupted`, `epoch_12`.
    package var description: String {
        switch self {
        case .best: "best"
        case .last: "last"
        case .interrupted: "interrupted"
        case .epoch(let number): "epoch_\(number)"
        }
    }

    /// The checkpoint that a directory name stands for.
    package init?(_ text: String) {
        switch text {
        case "best": self = .best
        case "last": self = .last
        case "interrupted": self = .interrupted
        default:
            guard text.hasPrefix("epoch_"), let number = Int(text.dropFirst(6)), number >= 0, "epoch_\(number)" == text else {
                return nil
            }
            self = .epoch(number)
        }
    }
}

/// What a training run needs to go on: weights, optimizer tensors, and the trainer's own counters.
package struct Checkpoint<State: Sendable>: Sendable {
    package var weights: [String: Tensor]
    package var optimizer: [String: Tensor]
    /// Epoch, step, best metric and so on, as the trainer defines them.
    package var state: State

    package init(weights: [String: Tensor], optimizer: [String: Tensor] = [:], state: State) {
        self.weights = weights
        self.optimizer = optimizer
        self.state = state
    }
}

/// Which of the checkpoints of single epochs stay; `best`, `last` and `interrupted` always do.
package struct RetentionPolicy: Sendable, Hashable {
    /// Epochs that are multiples of this stay; nil for none.
    package var every: Int?
    /// So many of the latest epochs stay.
    package var keepLast: Int

    package init(every: Int? = nil, keepLast: Int) {
        precondition(every ?? 1 > 0 && keepLast >= 0, "retention of every \(every ?? 0), last \(keepLast)")
        self.every = every
        self.keepLast = keepLast
    }

    /// The epochs to remove, ascending.
    package func removed(from epochs: [Int]) -> [Int] {
        epochs.sorted().dropLast(self.keepLast).filter { epoch in
            guard let every = self.every else { return true }
            return !epoch.isMultiple(of: every)
        }
    }
}
