import Graph
import Kernels
import Testing
import TrainingKernels

/// Kernels that may write over an input give the same bits when they do.
@Suite struct ElementwiseInPlaceTests {
    private static let full = TensorType(.float32, [5, 3401])
    private static let row = TensorType(.float32, [3401])
    private static let mask = TensorType(.bool, [5, 3401])

    static let cases: [(op: any Executable, types: [TensorType])] = [
        (Add(), [full, full]), (Sub(), [full, row]), (Mul(), [row, full]), (Div(), [full, TensorType(.float32, [])]),
        (Max(), [full, full]), (Where(), [mask, full, full]), (Gelu(), [full]), (Relu(), [full]), (Exp(), [full]),
        (Clip(min: 0), [full]), (Dropout(), [full]), (ReluGradient(), [full, full]), (GeluGradient(), [full, full]),
        (SiluGradient(), [full, full]), (DropoutGradient(ratio: 0.5), [full, mask]),
    ]

    @Test(arguments: cases.indices) func givesTheSame(_ index: Int) throws {
        #expect(try InPlace.mismatch(Self.cases[index].op, Self.cases[index].types) == nil)
    }
}
