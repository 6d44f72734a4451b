import Graph
import Kernels
import Runtime
import Testing
import TrainingKernels

/// `TripletMining` against the definition, written out for single pairs.
@Suite struct TripletMiningTests {
    /// Two rows of label 1, one of label 2, one of both labels, one that only fills the batch.
    private let labels: [Int64] = [1, 1, 2, 3, 2]
    private let mask: [Float] = [1, 1, 1, 1, 0]
    private let distances: [Float] = [
        0, 0.5, 0.6, 0.1, 0.1,
        0.5, 0, 0.4, 0.1, 0.1,
        0.6, 0.4, 0, 0.2, 0.1,
        0.1, 0.1, 0.2, 0, 0.1,
        0.1, 0.1, 0.1, 0.1, 0,
    ]

    /// Triplets as `a p n`.
    private func triplets(
        _ choice: TripletMining.Choice, margin: Float, step: Int64 = 0, labels: [Int64], mask: [Float], distances: [Float]
    ) throws -> [String] {
        var graph = Graph()
        let count = labels.count
        let inputs = [
            graph.input("d", TensorType(.float32, [count, count])), graph.input("l", TensorType(.int64, [count])),
            graph.input("m", TensorType(.float32, [count])), graph.input("s", TensorType(.int64, [2])),
        ]
        let outputs = try graph.append(TripletMining(choice, margin: margin, stream: 3), inputs, name: "mining")
        for (name, value) in zip(["a", "p", "n", "found"], outputs) { graph.output(name, value) }
        let plan = try Plan(graph, parameters: [:], packs: PackStore(), options: Plan.Options(threads: 1))
        try plan.setInput("d", Tensor(distances, shape: [count, count]))
        try plan.setInput("l", Tensor(labels, shape: [count]))
        try plan.setInput("m", Tensor(mask, shape: [count]))
        try plan.setInput("s", Tensor([7, step], shape: [2]))
        try plan.run()
        func rows(_ name: String) throws -> [Int64] { try plan.output(name).array(of: Int64.self) }
        let (a, p, n) = (try rows("a"), try rows("p"), try rows("n"))
        let found = try plan.output("found").array(of: Float.self)
        #expect(a.count == count * (count - 1))
        return found.indices.compactMap { row in
            if found[row] == 0 {
                #expect((a[row], p[row], n[row]) == (0, 0, 0))
                return nil
            }
            #expect(found[row] == 1)
            return "\(a[row]) \(p[row]) \(n[row])"
        }
    }

    private func triplets(_ choice: TripletMining.Choice, margin: Float) throws -> [String] {
        try self.triplets(choice, margin: margin, labels: self.labels, mask: self.mask, distances: self.distances)
    }

    /// Row 3 shares a label with everyone and row 4 is masked, so that row 2 is the only negative, of rows 0 and 1 alone.
    @Test func pairsShareAllLabelsAndNegativesNone() throws {
        for choice in TripletMining.Choice.allCases {
            #expect(try self.triplets(choice, margin: 0.2) == ["0 1 2", "1 0 2"])
        }
    }

    /// Of row 0 the excess is 0.5 - 0.6 + margin.
    @Test func negativesFarBeyondTheMarginAreLeftOut() throws {
        for choice in TripletMining.Choice.allCases {
            #expect(try self.triplets(choice, margin: 0.05) == ["1 0 2"])
        }
    }

    /// One pair (0, 1) at distance 0.5 with negatives at 0.3, 0.55, 0.6 and 0.9.
    private func choices(_ choice: TripletMining.Choice, step: Int64) throws -> String? {
        let far: [Float] = [0, 0.5, 0.3, 0.55, 0.6, 0.9]
        var distances = [Float](repeating: 5, count: 36)
        for (column, value) in far.enumerated() { distances[column] = value }
        distances[6] = 0.5
        return try self.triplets(
            choice, margin: 0.2, step: step, labels: [1, 1, 2, 2, 2, 2], mask: [1, 1, 1, 1, 1, 1], distances: distances
        ).first { $0.hasPrefix("0 1 ") }
    }

    @Test func hardestTakesTheNearest() throws {
        for step in 0..<20 { #expect(try self.choices(.hardest, step: Int64(step)) == "0 1 2") }
    }

    @Test func semiHardDrawsFromTheBandAndRandomHardFromAll() throws {
        var semiHard: Set<String?> = []
        var randomHard: Set<String?> = []
        for step in 0..<40 {
            semiHard.insert(try self.choices(.semiHard, step: Int64(step)))
            randomHard.insert(try self.choices(.randomHard, step: Int64(step)))
        }
        #expect(semiHard == ["0 1 3", "0 1 4"])
        #expect(randomHard == ["0 1 2", "0 1 3", "0 1 4"])
    }

    /// Without a negative in the band, one that is nearer than the positive is taken.
    @Test func semiHardFallsBack() throws {
        var distances = [Float](repeating: 5, count: 9)
        (distances[1], distances[2], distances[3]) = (0.5, 0.1, 0.5)
        let found = try self.triplets(
            .semiHard, margin: 0.2, labels: [1, 1, 2], mask: [1, 1, 1], distances: distances)
        #expect(found == ["0 1 2"])
    }

    @Test func aBatchWithoutNegativesYieldsNothing() throws {
        #expect(try self.triplets(.semiHard, margin: 1, labels: [1, 1], mask: [1, 1], distances: [0, 1, 1, 0]) == [])
    }
}
