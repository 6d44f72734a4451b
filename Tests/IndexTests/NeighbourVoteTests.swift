import Index
import Testing

@Suite struct NeighbourVoteTests {
    @Test func noNeighboursNoVote() {
        #expect(NeighbourVote.probabilities(distances: [], classes: [], classCount: 3) == nil)
        #expect(NeighbourVote.label([]) == nil)
        #expect(NeighbourVote.label([0.4, 0.2, 0.4]) == 0)
    }

    @Test func theSmallestOfEqualCountsIsChosen() {
        // Right with 1 and 3 neighbours, wrong with 5, where the far class outnumbers.
        let one = (distances: [1.0, 2, 2, 2.1, 2.1], classes: [1, 1, 0, 0, 0])
        let best = NeighbourVote.bestCount(neighbours: [one], truth: [1], classCount: 2, entries: 5, candidates: [5, 3, 1])
        #expect(best?.count == 1 && best?.accuracy == 1)
        // 1 neighbour is wrong for the second query: 3 wins by a strictly larger share.
        let two = (distances: [1.0, 1.1, 1.1, 9, 9], classes: [0, 1, 1, 0, 0])
        let better = NeighbourVote.bestCount(
            neighbours: [one, two], truth: [1, 1], classCount: 2, entries: 5, candidates: [1, 3, 5])
        #expect(better?.count == 3 && better?.accuracy == 1)
        let short = NeighbourVote.bestCount(
            neighbours: [one, two], truth: [1, 1], classCount: 2, entries: 2, candidates: [1, 3, 5])
        #expect(short?.count == 1 && short?.accuracy == 0.5)
        #expect(NeighbourVote.bestCount(neighbours: [one], truth: [1], classCount: 2, entries: 4) == nil)
    }
}

@Suite struct LabelShareTests {
    @Test func withOneLabelEachTheyAreTheProbabilities() throws {
        let distances = [0.25, 0.5, 0.75, 1.5, 2]
        let classes = [2, 0, 2, 1, 0]
        let shares = try #require(
            NeighbourVote.shares(distances: distances, labels: classes.map { 1 << UInt64($0) }, labelCount: 4))
        let probabilities = try #require(NeighbourVote.probabilities(distances: distances, classes: classes, classCount: 4))
        for (share, probability) in zip(shares, probabilities) { #expect(abs(share - probability) < 1e-15) }
        #expect(shares[3] == 0)
    }

    @Test func aNeighbourMayHaveSeveralLabelsOrNone() {
        // Weights 4, 2 and 2.
        #expect(NeighbourVote.shares(distances: [0.25, 0.5, 0.5], labels: [0b11, 0b10, 0], labelCount: 2) == [0.5, 0.75])
        #expect(NeighbourVote.shares(distances: [0, 0, 0.1], labels: [0b01, 0b11, 0b10], labelCount: 2) == [1, 0.5])
        #expect(NeighbourVote.shares(distances: [], labels: [], labelCount: 2) == nil)
    }
}
