import CKernels
import Kernels
import TestSupport
import Testing

/// The fast search against the reference: the same rows and the same distances, to the last bit.
@Suite(.serialized) struct TopKSearchTests {
    /// Rows that are hard for bounds, and queries for them.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let rows: [[Float]]
        let queries: [[Float]]
        var counts = [1, 10]
        var testDescription: String { self.name }

        init(_ name: String, _ rows: [[Float]], _ queries: [[Float]], counts: [Int] = [1, 10]) {
            self.name = name
            self.rows = rows
            self.queries = queries
            self.counts = counts
        }
    }

    private static func noisy(_ centre: [Float], _ scale: Float, _ random: inout SeededRandom) -> [Float] {
        Sample.unit(centre.map { $0 + scale * Float.random(in: -1...1, using: &random) })
    }

    private static func random(_ count: Int, _ dimension: Int, _ random: inout SeededRandom) -> [[Float]] {
        let zero = [Float](repeating: 0, count: dimension)
        return (0..<count).map { _ in self.noisy(zero, 1, &random) }
    }

    static let cases: [Case] = {
        var random = SeededRandom(seed: 5)
        var cases: [Case] = []
        for dimension in [1, 2, 15, 16, 17, 64, 100, 128, 513] {
            let rows = Self.random(203, dimension, &random)
            cases.append(Case("random, \(dimension) dimensions", rows, Self.random(3, dimension, &random), counts: [1, 20, 203]))
        }
        for count in [1, 2, 7, 8, 9, 63, 64, 65] {
            let rows = Self.random(count, 40, &random)
            cases.append(Case("\(count) rows", rows, Self.random(2, 40, &random), counts: [1, count]))
        }
        let rows = Self.random(900, 48, &random)
        cases.append(Case("one panel of queries", rows, Self.random(16, 48, &random)))
        cases.append(Case("three panels of queries", rows, Self.random(37, 48, &random)))
        cases.append(Case("two groups of queries", Self.random(70, 1030, &random), Self.random(150, 1030, &random), counts: [5]))

        // All within the bound of the codes: every row is compared, more than are sorted first, or the rows are looked at.
        let centre = Self.random(1, 256, &random)[0]
        let close = (0..<5000).map { _ in Self.noisy(centre, 1e-3, &random) }
        let inside = [close[7], close[4999], Self.noisy(centre, 1e-3, &random), Self.noisy(centre, 1e-3, &random)]
        cases.append(Case("a tight cluster", close, inside, counts: [1, 20, 300]))
        // All within the bound of float32 too: neighbours differ by the last bit of one element.
        var lastBits: [[Float]] = []
        for index in 0..<1500 {
            var row = centre
            row[index % 256] = index % 2 == 0 ? row[index % 256].nextUp : row[index % 256].nextDown
            lastBits.append(row)
        }
        cases.append(Case("last bits", lastBits, [centre, lastBits[3]], counts: [1, 20, 700]))
        let far = Self.random(1, 256, &random)[0]
        cases.append(Case("equal rows", Array(repeating: centre, count: 700), [centre, far], counts: [1, 20, 700]))
        // Better and better rows towards the end, so that every one of them is a candidate when it is met.
        let ascending = (0..<2000).map { step in
            Sample.unit(zip(far, centre).map { $0 + Float(step) / 2000 * $1 })
        }
        cases.append(Case("ever nearer", ascending, [centre], counts: [1, 20]))
        cases.append(Case("ever farther", ascending.reversed(), [centre], counts: [1, 20]))
        // One large element sets a coarse step for all others, which decide.
        let spikes = (0..<800).map { index in
            var row = (0..<300).map { _ in Float.random(in: -1e-3...1e-3, using: &random) }
            row[index % 2] = 1
            return Sample.unit(row)
        }
        cases.append(Case("spikes", spikes, [spikes[0], spikes[11], Sample.unit(spikes[3].map { -$0 })], counts: [1, 20]))
        // Values whose codes are all halfway between two integers, and values that vanish in the codes.
        let halves = (0..<600).map { index in
            Sample.unit((0..<127).map { Float(($0 + index) % 127) + 0.5 } + [127, 1e-30, -1e-38, 0])
        }
        cases.append(Case("halfway codes", halves, [halves[5], Sample.unit(halves[1].map { -$0 })], counts: [1, 20]))
        let axes = (0..<130).map { index in (0..<65).map { Float($0 == index % 65 ? (index < 65 ? 1 : -1) : 0) } }
        cases.append(
            Case("axes", axes, [axes[0], axes[70], Sample.unit([Float](repeating: 1, count: 65))], counts: [1, 3, 130]))
        return cases
    }()

    @Test(arguments: cases) func everyVariantEqualsTheReference(_ testCase: Case) throws {
        defer {
            ck_limit_cpu_level(4)
            setThreadCount(2)
        }
        let block = Sample.block(testCase.rows)
        let queries = testCase.queries.flatMap { $0 }
        for count in testCase.counts {
            let expected = TopKSearch.reference(to: queries, in: block, count: count)
            #expect(expected.allSatisfy { $0.count == count })
            for (level, threads) in [(4, 1), (3, 1), (1, 1), (4, 2), (3, 3)] {
                ck_limit_cpu_level(Int32(level))
                setThreadCount(threads)
                for pass in TopKSearch.Pass.allCases {
                    let actual = try TopKSearch.nearest(to: queries, in: block, count: count, pass: pass)
                    #expect(actual == expected, "count \(count), level \(level), \(threads) threads, \(pass)")
                }
            }
        }
    }

    @Test func onlyAllowedRowsAreFound() throws {
        var random = SeededRandom(seed: 8)
        let rows = Self.random(500, 70, &random)
        let block = Sample.block(rows)
        let queries = Array(rows[0..<20].joined())
        let sets: [RowSet?] = (0..<20).map { query in
            if query == 3 { return nil }
            let set = RowSet(all: 500)
            for row in 0..<500 where query == 4 || (row % 7 != query % 7) { set.remove(row) }
            return set
        }
        for pass in TopKSearch.Pass.allCases {
            let found = try TopKSearch.nearest(to: queries, in: block, count: 80, allowed: sets, pass: pass)
            #expect(found == TopKSearch.reference(to: queries, in: block, count: 80, allowed: sets))
            #expect(found[4].isEmpty)
            #expect(found[3].count == 80 && found[3][0] == TopKSearch.Match(row: 3, squaredDistance: 0))
            #expect(found[5].count == sets[5]?.memberCount && found[5].allSatisfy { $0.row % 7 == 5 })
        }
    }

    @Test func aQueryForNoneOrTooManyIsRefused() {
        let block = Sample.block([[1, 0], [0, 1]])
        for count in [0, 3] {
            #expect(throws: KernelError.self) { try TopKSearch.nearest(to: [1, 0], in: block, count: count) }
        }
    }

    @Test func rowSetsCountTheirMembers() {
        for count in [1, 63, 64, 65, 130] {
            let set = RowSet(all: count)
            #expect(set.memberCount == count)
            set.remove(count - 1)
            let copy = RowSet(copying: set)
            if count > 1 { copy.remove(0) }
            #expect(set.memberCount == count - 1 && !set.contains(count - 1))
            #expect(copy.memberCount == max(count - 2, 0))
        }
    }
}
