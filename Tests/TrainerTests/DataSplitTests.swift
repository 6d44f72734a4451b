import Foundation
import Testing
import Trainer

struct SplitGoldens: Decodable {
    struct Order: Decodable {
        let n: Int
        let seed: UInt32
        let order: [Int]
    }

    struct Stratified: Decodable {
        let labels: [Int]
        let testShare: Double
        let seed: UInt32
        let train: [Int]
        let test: [Int]
    }

    let numpy: [Order]
    let python: [Order]
    let torch: [Order]
    let uniform: [Double]
    let stratified: [Stratified]

    static func load(from path: String = #filePath) throws -> SplitGoldens {
        struct File: Decodable { let content: SplitGoldens }
        let tests = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appendingPathComponent("Golden/metrics/splits.json")
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).content
    }
}

@Suite struct DataSplitTests {
    @Test func permutationsEqualTheOriginals() throws {
        let goldens = try SplitGoldens.load()
        #expect(goldens.numpy.count == 6)
        for golden in goldens.numpy {
            var random = MersenneTwister(seed: golden.seed)
            #expect(random.numpyPermutation(golden.n) == golden.order)
        }
        for golden in goldens.python {
            var random = MersenneTwister(key: [golden.seed])
            #expect(random.pythonShuffle(golden.n) == golden.order)
        }
        for golden in goldens.torch {
            var random = MersenneTwister(seed: golden.seed)
            #expect(random.torchPermutation(golden.n) == golden.order)
        }
        var random = MersenneTwister(seed: 42)
        #expect(goldens.uniform.map { _ in random.unit() } == goldens.uniform)
    }

    @Test func publishedDraws() {
        var plain = MersenneTwister(seed: 42)
        #expect(plain.next() == 1_608_637_542)
        var keyed = MersenneTwister(key: [42])
        #expect(keyed.next() == 2_746_317_213)
        var random = MersenneTwister(seed: 42)
        #expect(random.numpyPermutation(12) == [10, 9, 0, 8, 5, 2, 1, 11, 4, 7, 3, 6])
        random = MersenneTwister(key: [42])
        #expect(random.pythonShuffle(12) == [7, 5, 2, 8, 9, 6, 11, 3, 4, 0, 1, 10])
        random = MersenneTwister(seed: 42)
        #expect(random.torchPermutation(12) == [6, 8, 1, 7, 0, 2, 10, 11, 4, 3, 5, 9])
        #expect(random.torchPermutation(0) == [])
    }

    @Test func stratifiedSplitsEqualScikitLearn() throws {
        let goldens = try SplitGoldens.load().stratified
        #expect(goldens.count == 5)
        for golden in goldens {
            let split = try stratifiedSplit(labels: golden.labels, heldOut: golden.testShare, seed: golden.seed)
            #expect(split.train == golden.train)
            #expect(split.heldOut == golden.test)
        }
    }

    @Test func impossibleSplitsAreRefused() throws {
        let codes: [DataError.Code?] = [
            failure { () throws(DataError) in try stratifiedSplit(labels: [0, 0, 1], heldOut: 0.5, seed: 1) }?.code,
            failure { () throws(DataError) in try stratifiedSplit(labels: [0, 0, 1, 1], heldOut: 0.1, seed: 1) }?.code,
            failure { () throws(DataError) in try stratifiedSplit(labels: [0, 0, 1, 1], heldOut: 1, seed: 1) }?.code,
            failure { () throws(DataError) in try PatientSplit(train: 0.9, validation: 0.2, seed: 1) }?.code,
            failure { () throws(DataError) in try PatientSplit(train: .nan, validation: 0.2, seed: 1) }?.code,
            failure { () throws(DataError) in
                try PatientSplit(train: 0.8, validation: 0.2, seed: 1).assign(try table("id_code,diagnosis\na,1\n").rows)
            }?.code,
        ]
        #expect(codes == [.tooFewCases, .tooFewCases, .badFractions, .badFractions, .badFractions, .tooFewCases])
        #expect(try randomSplit(count: 10, heldOut: 0.25, seed: 3).heldOut.count == 2)
    }

    private func manyRows(_ patients: Int) -> String {
        var text = "id_code,diagnosis,patient_id\n"
        for patient in 0..<patients {
            let worst = [0, 0, 0, 1, 2, 2, 3, 4][patient % 8]
            text += "p\(patient)_L,\(worst),p\(patient)\np\(patient)_R,\(max(worst - patient % 2, 0)),p\(patient)\n"
        }
        return text
    }

    @Test func patientsAreWholeAndGradesInProportion() throws {
        let labels = try table(self.manyRows(200))
        let parts = try PatientSplit(train: 0.7, validation: 0.1, test: 0.2, seed: 5).assign(labels.rows)
        let summary = SplitSummary.of(labels, parts: parts)
        #expect(summary.map(\.part) == [.train, .validation, .test])
        #expect(summary.map(\.patients) == [140, 20, 40])
        #expect(summary.map(\.images) == [280, 40, 80])
        for part in SplitPart.allCases {
            let patients = Set(zip(labels.rows, parts).filter { $0.1 == part }.map(\.0.patient))
            let elsewhere = Set(zip(labels.rows, parts).filter { $0.1 != part }.map(\.0.patient))
            #expect(patients.isDisjoint(with: elsewhere))
        }
        for grade in 0..<5 {
            let shares = summary.map { Double($0.grades[grade]) / Double(labels.gradeCounts[grade]) }
            #expect(zip(shares, [0.7, 0.1, 0.2]).allSatisfy { abs($0 - $1) < 0.08 }, "grade \(grade): \(shares)")
        }
    }

    @Test func theSplitDependsOnTheSeedAlone() throws {
        let labels = try table(self.manyRows(60))
        let split = try PatientSplit(train: 0.8, validation: 0.2, seed: 5)
        let parts = try split.assign(labels.rows)
        #expect(try split.assign(labels.rows) == parts)
        #expect(try split.assign(labels.rows.reversed()) == parts.reversed())
        #expect(try PatientSplit(train: 0.8, validation: 0.2, seed: 6).assign(labels.rows) != parts)
    }

    @Test func linkedPatientsStayTogether() throws {
        let labels = try table(self.manyRows(60))
        let linked = [[0, 20], [20, 41], [3, 8], [100, 119]]
        let split = try PatientSplit(train: 0.5, validation: 0.5, seed: 5)
        let parts = try split.assign(labels.rows, linked: linked)
        for group in linked + [[0, 1, 20, 21, 40, 41]] {
            #expect(Set(group.map { parts[$0] }).count == 1)
        }
        #expect(Set(parts).count == 2)
        #expect(try split.assign(labels.rows) != parts)
    }

    @Test func smallSetsFillEveryPart() throws {
        let labels = try table("id_code,diagnosis\na,0\nb,1\nc,4\n")
        let parts = try PatientSplit(train: 0.4, validation: 0.3, test: 0.3, seed: 2).assign(labels.rows)
        #expect(Set(parts).count == 3)
    }

    @Test func epochsVisitEverythingOnce() {
        let first = EpochOrder(seed: 7, epoch: 3, count: 100).indices
        #expect(first.sorted() == Array(0..<100))
        #expect(first == EpochOrder(seed: 7, epoch: 3, count: 100).indices)
        #expect(first != EpochOrder(seed: 7, epoch: 4, count: 100).indices)
        #expect(first != EpochOrder(seed: 8, epoch: 3, count: 100).indices)
        #expect(EpochOrder(seed: 7, epoch: 0, count: 0).indices.isEmpty)
    }
}
