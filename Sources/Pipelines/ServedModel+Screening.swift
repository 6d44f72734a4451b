import Metrics

/// A screening answer with where it comes from.
package struct ScreeningAnswer: Sendable {
    package let result: ScreeningResult
    /// Views of the picture that were averaged, of all members together.
    package let views: Int
    /// What each member of an ensemble said.
    package let votes: [MemberVote<ScreeningResult>]
    package let timings: ServedModel.Timings
}

extension ServedModel {
    /// Decodes, prepares and screens one picture: the mean of its views' probabilities.
    package func screen(_ body: [UInt8]) async throws -> ScreeningAnswer {
        try self.require(.screening)
        let (input, timings) = try await self.decode(body)
        let answer = try await self.screen(input)
        return ScreeningAnswer(result: answer.result, views: answer.views, votes: [], timings: timings + answer.timings)
    }

    func screen(_ input: RequestInput) async throws -> ScreeningAnswer {
        guard case .screening(let task) = self.card.task else { throw PipelineError(self, wanted: .screening) }
        let answer = try await self.outputs(input)
        let views = answer.outputs.map { task.result(logits: $0) }
        let result: ScreeningResult
        if views.count == 1 {
            result = views[0]
        } else {
            result = task.result(probabilities: try meanProbabilities(views.map(\.probabilities)))
        }
        guard result.probabilities.allSatisfy(\.isFinite) else {
            throw PipelineError(.execution, "model \(self.card.name)", "gave a number that is not finite")
        }
        return ScreeningAnswer(result: result, views: views.count, votes: [], timings: answer.timings)
    }
}

extension ServedEnsemble {
    /// Screens one picture by the weighted mean of the members' probabilities.
    package func screen(_ body: [UInt8]) async throws -> ScreeningAnswer {
        guard case .screening(let task) = self.task else { throw PipelineError(self, wanted: .screening) }
        let (input, decoded) = try await self.members[0].model.decode(body)
        var timings = decoded
        var votes: [MemberVote<ScreeningResult>] = []
        for member in self.members {
            let answer = try await member.model.screen(input)
            timings = timings + answer.timings
            votes.append(MemberVote(member, answer.result))
        }
        let probabilities = try meanProbabilities(votes.map(\.answer.probabilities), weights: votes.map(\.weight))
        return ScreeningAnswer(
            result: task.result(probabilities: probabilities), views: votes.map(\.views).reduce(0, +), votes: votes,
            timings: timings)
    }
}

/// The weighted mean of probabilities, `[members][classes]`.
func meanProbabilities(_ members: [[Double]], weights: [Double]? = nil) throws(PipelineError) -> [Double] {
    do throws(MetricError) {
        return try SoftVote(weights: weights ?? Array(repeating: 1, count: members.count))(members)
    } catch {
        throw PipelineError(.execution, error.subject, error.message)
    }
}
