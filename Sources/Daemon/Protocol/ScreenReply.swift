package import Pipelines

/// The answer of `POST /v2/models/M/screen`.
package struct ScreenReply: Codable, Sendable, Hashable {
    package var grade: Int
    package var gradeName: String
    package var probabilities: [Double]
    package var referable: ScreeningResult.Referable?
    /// Views of the picture that were averaged, of all members together.
    package var views: Int
    /// What each member of an ensemble said; absent for a model.
    package var votes: [VoteReply<Vote>]?
    /// Which members are left out; absent when none is.
    package var note: String?
    package var model: AnsweringModel
    package var timings: AnswerTimings

    /// What a member of an ensemble said.
    package struct Vote: Codable, Sendable, Hashable {
        package var grade: Int
        package var probabilities: [Double]
    }

    init(_ answer: ScreeningAnswer, _ served: Served, _ timings: AnswerTimings) {
        let result = answer.result
        self.grade = result.grade
        self.gradeName = served.task.classNames[result.grade]
        self.probabilities = result.probabilities
        self.referable = result.referable
        self.views = answer.views
        self.votes = VoteReply.replies(answer.votes) { Vote(grade: $0.grade, probabilities: $0.probabilities) }
        self.note = served.note
        self.model = AnsweringModel(served)
        self.timings = timings
    }

    private enum CodingKeys: String, CodingKey {
        case grade, probabilities, referable, views, votes, note, model
        case gradeName = "grade_name"
        case timings = "timings_ms"
    }
}
