/// Models that answer together under a name of their own: weighted votes of members that do the same task.
package struct ServedEnsemble: Sendable {
    struct Member: Sendable {
        let model: ServedModel
        let weight: Double
    }

    /// A member of the settings that can or cannot answer.
    enum Candidate: Sendable {
        case ready(ServedModel)
        /// Why not.
        case absent(String)
    }

    package let name: String
    /// What the members do; a threshold is the weighted mean of theirs, so that members that agree are never overruled.
    package let task: ModelTask
    /// SHA-256 of the lines `<sha256>  <weight>  <views>  <name>\n`, one for each member in the order of the settings.
    package let sha256: String
    let members: [Member]
    /// Which members are left out and why; nil when none is.
    package let note: String?

    /// An ensemble has one version.
    package static let version = 1

    /// Joins the members that `settings` names. Throws `notReady` when there are fewer than the quorum and `settings` when two of
    /// them do not fit each other.
    init(
        name: String, _ settings: EnsembleSettings, lookUp: (String) -> Candidate
    ) throws(PipelineError) {
        var members: [Member] = []
        var absent: [String] = []
        for member in settings.members {
            switch lookUp(member.model) {
            case .ready(let model): members.append(Member(model: model, weight: member.weight ?? 1))
            case .absent(let reason): absent.append("member \(member.model) \(reason)")
            }
        }
        let quorum = settings.quorum ?? settings.members.count
        guard let first = members.first, members.count >= quorum else {
            let count = "\(members.count) of \(settings.members.count) members are ready, \(quorum) must be"
            throw PipelineError(.notReady, "ensemble \(name)", "\(count): \(absent.joined(separator: "; "))")
        }
        for member in members.dropFirst() { try Self.check(member.model, fits: first.model, ensemble: name) }
        self.name = name
        self.task = Self.task(members, first.model.card.task)
        self.members = members
        self.note = absent.isEmpty ? nil : "left out: \(absent.joined(separator: "; "))"
        let lines = members.map { member in
            let model = member.model
            return "\(model.sha256)  \(member.weight)  \(model.augmentation.views.count)  \(model.card.name)\n"
        }
        self.sha256 = Array(lines.joined().utf8).withUnsafeBytes { Pipelines.sha256(of: $0) }
    }

    /// Throws unless both do the same task with the same classes in the same order.
    private static func check(_ other: ServedModel, fits first: ServedModel, ensemble: String) throws(PipelineError) {
        let pair = "\(first.card.name) and \(other.card.name)"
        func require(_ holds: Bool, _ message: String) throws(PipelineError) {
            guard holds else { throw PipelineError(.settings, "ensemble \(ensemble)", "the members \(pair) \(message)") }
        }
        let (one, two) = (first.card.task, other.card.task)
        try require(one.kind == two.kind, "do different tasks: \(one.kind.rawValue) and \(two.kind.rawValue)")
        try require(
            one.classNames == two.classNames,
            "have different classes or another order of them: \(one.classNames) and \(two.classNames)")
        if case .screening(let one) = one, case .screening(let two) = two {
            try require(one.referableFrom == two.referableFrom, "call different classes referable")
        }
    }

    private static func task(_ members: [Member], _ first: ModelTask) -> ModelTask {
        func mean(_ thresholds: [Double]) -> Double {
            // Equal ones stay what they are, without rounding.
            if Set(thresholds).count == 1 { return thresholds[0] }
            let total = members.reduce(0) { $0 + $1.weight }
            return zip(members, thresholds).reduce(0) { $0 + $1.0.weight * $1.1 } / total
        }
        let tasks = members.map(\.model.card.task)
        switch first {
        case .screening(var task):
            task.referableThreshold = mean(
                tasks.compactMap { if case .screening(let task) = $0 { task.referableThreshold } else { nil } })
            return .screening(task)
        case .segmentation(var task):
            task.threshold = mean(tasks.compactMap { if case .segmentation(let task) = $0 { task.threshold } else { nil } })
            return .segmentation(task)
        case .retrieval:
            return first
        }
    }
}
