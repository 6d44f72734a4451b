import Pipelines

/// `dr screen`: the grade of each picture.
package struct Screening: FolderVerb {
    package let verb = "screen"

    package func holds(_ rows: [ResultRow<ScreeningFinding>], _ model: ModelSummary) -> Bool { rows.count == 1 }

    package func findings(
        _ answer: Answer, about picture: String, from client: PictureClient
    ) throws(DaemonError) -> [ScreeningFinding] {
        [ScreeningFinding(try client.reply(ScreenReply.self, in: answer))]
    }

    package func summary(_ rows: [ResultRow<ScreeningFinding>], _ model: ModelSummary) -> [[String]] {
        let good = rows.compactMap(\.found)
        let grades = (model.classNames ?? []).enumerated().map { grade, name in
            ["grade \(grade) \(name)", "\(good.count { $0.grade == grade })"]
        }
        let referable = ["referable", "\(good.count { $0.referable == true })"]
        return grades + (good.contains { $0.referable != nil } ? [referable] : [])
    }
}

/// Screens the pictures of a folder through the daemon, one row for each.
package typealias ScreenJob = FolderJob<Screening>

extension FolderJob where Verb == Screening {
    package init(_ options: FolderOptions, progress: @escaping Progress = { _, _ in }) {
        self.init(Screening(), options, progress: progress)
    }
}

/// The grade of a picture.
package struct ScreeningFinding: Finding {
    package var grade: Int
    package var gradeName: String
    /// One for each class.
    package var probabilities: [Double]
    /// Both nil where the model knows no referable grades.
    package var referableProbability: Double?
    package var referable: Bool?

    package init(grade: Int, gradeName: String, probabilities: [Double], referableProbability: Double?, referable: Bool?) {
        self.grade = grade
        self.gradeName = gradeName
        self.probabilities = probabilities
        self.referableProbability = referableProbability
        self.referable = referable
    }

    init(_ reply: ScreenReply) {
        self.init(
            grade: reply.grade, gradeName: reply.gradeName, probabilities: reply.probabilities,
            referableProbability: reply.referable?.probability, referable: reply.referable?.decision)
    }

    private enum CodingKeys: String, CodingKey {
        case grade, probabilities, referable
        case gradeName = "grade_name"
        case referableProbability = "referable_probability"
    }
}

extension ScreeningFinding {
    /// One column for each class, `p0`, `p1`, ...
    package static func columns(classes: Int) -> [String] {
        ["grade", "grade_name"] + (0..<classes).map { "p\($0)" } + ["referable_probability", "referable"]
    }

    package func cells(classes: Int) -> [String] {
        let probabilities = (0..<classes).map { self.probabilities.indices.contains($0) ? "\(self.probabilities[$0])" : "" }
        let decision = [self.referableProbability.map { "\($0)" } ?? "", self.referable.map { "\($0)" } ?? ""]
        return ["\(self.grade)", CSV.protected(self.gradeName)] + probabilities + decision
    }

    package init?(_ cells: [String: String], classes: Int) {
        let probabilities = (0..<classes).compactMap { cells["p\($0)"].flatMap { Double($0) } }
        guard let grade = cells["grade"].flatMap({ Int($0) }), let name = cells["grade_name"], probabilities.count == classes
        else { return nil }
        self.init(
            grade: grade, gradeName: CSV.unprotected(name), probabilities: probabilities,
            referableProbability: cells["referable_probability"].flatMap { Double($0) },
            referable: cells["referable"].flatMap { Bool($0) })
    }
}
