import Graph
import TestSupport
import Testing

@Suite struct GridSampleTests {
    private static let modes: [GridSample.Mode] = [.nearest, .linear, .cubic]
    private static let paddings: [GridSample.Padding] = [.zeros, .border, .reflection]

    /// Grids that reach far outside, with and without a remainder of the kernel's runs.
    static let cases: [OperatorCase] = modes.flatMap { mode in
        paddings.flatMap { padding in
            [false, true].flatMap { corners in
                let op = GridSample(mode: mode, padding: padding, alignCorners: corners)
                let name = "\(mode) \(padding) \(corners)"
                let images = [TensorType(.float32, [2, 3, 5, 7]), TensorType(.float32, [2, 9, 8, 2])]
                let volumes = [TensorType(.float32, [1, 2, 3, 4, 5]), TensorType(.float32, [1, 2, 3, 4, 3])]
                let line = [TensorType(.float32, [1, 2, 6]), TensorType(.float32, [1, 11, 1])]
                let single = [TensorType(.float32, [1, 1, 1, 1]), TensorType(.float32, [1, 2, 2, 2])]
                return [("image", images), ("volume", volumes), ("line", line), ("element", single)].map { what, types in
                    OperatorCase("\(name) \(what)", op, types, ranges: [-1...1, -2.7...2.7], tolerance: .golden)
                }
            }
        }
    }

    @Test(arguments: cases) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases, [16, 20]) func whatIsWrittenIsReadBack(_ testCase: OperatorCase, _ opset: Int) throws {
        #expect(try SpellingCheck.mismatch(testCase, opset: opset) == nil)
    }

    /// Places that are no numbers, or beyond any integer, read zeros or the border.
    @Test(arguments: paddings, modes) func oddPlacesAreRead(_ padding: GridSample.Padding, _ mode: GridSample.Mode) throws {
        let x = Tensor([Float](repeating: 2, count: 9), shape: [1, 1, 3, 3])
        let grid = Tensor([.nan, 0, .infinity, 0, -1e30, 3e38, 0, 0], shape: [1, 2, 2, 2])
        let y = try GraphEvaluator().run(GridSample(mode: mode, padding: padding), [x, grid])[0].doubles
        let outside = padding == .zeros ? 0.0 : 2
        #expect(y.map { ($0 * 1000).rounded() / 1000 } == [outside, outside, outside, 2])
    }
}
