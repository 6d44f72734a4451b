/// What a member of an ensemble said.
package struct MemberVote<Answer: Sendable>: Sendable {
    package let name: String
    package let version: Int
    /// `ModelCard.modelSHA256`.
    package let sha256: String
    package let weight: Double
    /// Views of the picture that its answer averages.
    package let views: Int
    package let answer: Answer

    init(_ member: ServedEnsemble.Member, _ answer: Answer) {
        self.name = member.model.card.name
        self.version = member.model.card.version
        self.sha256 = member.model.sha256
        self.weight = member.weight
        self.views = member.model.augmentation.views.count
        self.answer = answer
    }
}
