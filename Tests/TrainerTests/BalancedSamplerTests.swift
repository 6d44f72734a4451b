import Testing
import Trainer

/// Batches of classes that can be told apart.
@Suite struct BalancedSamplerTests {
    /// Classes 1 (7 examples), 2 (5), 3 = both (9) and 4 (3).
    private let labels: [UInt64] =
        [UInt64](repeating: 1, count: 7) + [UInt64](repeating: 2, count: 5) + [UInt64](repeating: 3, count: 9)
        + [UInt64](repeating: 4, count: 3)

    private func sampler(_ classes: Int, _ samples: Int, limit: Int? = nil) throws -> BalancedSampler {
        try BalancedSampler(labels: self.labels, classesPerBatch: classes, samplesPerClass: samples, limit: limit, seed: 5)
    }

    /// Pairs without a common label: (1, 2), (1, 4), (2, 4), (3, 4).
    @Test func batchesAreAsManyAsTheSmallerClassOfEachPairGives() throws {
        #expect(try self.sampler(2, 2).batchCount == 5 / 2 + 3 / 2 + 3 / 2 + 3 / 2)
        #expect(try self.sampler(2, 3).batchCount == 5 / 3 + 1 + 1 + 1)
        // Class 4 is too small.
        #expect(try self.sampler(2, 4).batchCount == 1)
        #expect(try self.sampler(3, 3).batchCount == 1)
        #expect(try self.sampler(2, 2, limit: 3).batchCount == 3)
    }

    @Test func everyBatchHasItsClassesInFullAndNoExampleTwice() throws {
        let sampler = try self.sampler(2, 2)
        for epoch in 0..<3 {
            for index in 0..<sampler.batchCount {
                let rows = sampler.batch(epoch: epoch, index: index)
                #expect(rows.count == 4)
                #expect(Set(rows).count == 4)
                let classes = [Set(rows[..<2].map { self.labels[$0] }), Set(rows[2...].map { self.labels[$0] })]
                #expect(classes.allSatisfy { $0.count == 1 })
                #expect((classes[0].first ?? 0) & (classes[1].first ?? 0) == 0)
            }
        }
    }

    @Test func batchesAreAFunctionOfSeedAndEpoch() throws {
        let (one, other) = (try self.sampler(2, 2), try self.sampler(2, 2))
        let epoch = (0..<one.batchCount).map { one.batch(epoch: 1, index: $0) }
        #expect((0..<one.batchCount).map { other.batch(epoch: 1, index: $0) } == epoch)
        #expect((0..<one.batchCount).map { one.batch(epoch: 2, index: $0) } != epoch)
    }

    @Test func classesThatCannotFillABatchAreAnError() {
        let error = #expect(throws: DataError.self) { try self.sampler(2, 6) }
        #expect(error?.code == .tooFewCases)
        #expect(throws: DataError.self) {
            // Every pair shares a label.
            try BalancedSampler(labels: [1, 1, 3, 3], classesPerBatch: 2, samplesPerClass: 2, seed: 0)
        }
    }
}
