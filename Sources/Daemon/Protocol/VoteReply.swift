import Pipelines

/// What a member of an ensemble said: in JSON one object with the member's fields and the answer's.
package struct VoteReply<Answer: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    package var member: VotingMember
    package var answer: Answer

    /// The votes of an ensemble, nil of a model; `answer` puts what a member said into the form of the reply.
    static func replies<Said>(
        _ votes: [MemberVote<Said>], _ answer: (Said) throws -> Answer
    ) rethrows -> [VoteReply]? {
        votes.isEmpty ? nil : try votes.map { VoteReply(member: VotingMember($0), answer: try answer($0.answer)) }
    }

    private init(member: VotingMember, answer: Answer) {
        self.member = member
        self.answer = answer
    }

    package init(from decoder: any Decoder) throws {
        self.init(member: try VotingMember(from: decoder), answer: try Answer(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws {
        try self.member.encode(to: encoder)
        try self.answer.encode(to: encoder)
    }
}

/// A member of an ensemble that answered.
package struct VotingMember: Codable, Sendable, Hashable {
    package var name: String
    package var version: Int
    /// `ModelCard.modelSHA256`.
    package var sha256: String
    package var weight: Double
    /// Views of the picture that its answer averages.
    package var views: Int

    init<Said>(_ vote: MemberVote<Said>) {
        self.name = vote.name
        self.version = vote.version
        self.sha256 = vote.sha256
        self.weight = vote.weight
        self.views = vote.views
    }
}
