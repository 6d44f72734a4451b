import Graph
import TestSupport
import Testing

/// Normalisations that models are read with and that are not trained here.
@Suite struct RowNormalizationTests {
    private static func types(_ shape: [Int], _ parameters: [Int], count: Int, _ type: DataType = .float32) -> [TensorType] {
        [TensorType(type, shape)] + [TensorType](repeating: TensorType(type, parameters), count: count)
    }

    static let cases: [OperatorCase] = [
        OperatorCase("tokens", RMSNormalization(), types([2, 3, 8], [8], count: 1)),
        OperatorCase("odd width", RMSNormalization(epsilon: 1e-3), types([5, 37], [37], count: 1)),
        OperatorCase("two axes", RMSNormalization(axis: 1), types([57, 3, 64], [3, 64], count: 1)),
        OperatorCase("channels", GroupNormalization(groups: nil), types([2, 3, 5, 7], [3], count: 2)),
        OperatorCase("groups", GroupNormalization(groups: 2, epsilon: 1e-3), types([2, 6, 5, 7], [6], count: 2)),
        OperatorCase("per group", GroupNormalization(groups: 3), types([2, 6, 37], [3], count: 2)),
        OperatorCase("one group", GroupNormalization(groups: 1), types([3, 4, 40, 40], [4], count: 2)),
        OperatorCase("without spatial axes", GroupNormalization(groups: 4), types([5, 64], [64], count: 2)),
        OperatorCase("statistics", LayerNormalization(axis: 1, statistics: true), types([9, 3, 37], [3, 37], count: 2)),
        OperatorCase("double", BatchNormalization(), types([2, 3, 5], [3], count: 4, .float64), range: 0.1...1),
    ]

    @Test(arguments: cases) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases, [13, 18, 21, 23]) func whatIsWrittenIsReadBack(_ testCase: OperatorCase, _ opset: Int) throws {
        #expect(try SpellingCheck.mismatch(testCase, opset: opset) == nil)
    }
}
