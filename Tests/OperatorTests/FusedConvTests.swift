import Graph
import TestSupport
import Testing

@Suite struct FusedConvTests {
    private static func type(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }

    static let cases: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        let x = TensorType(.float32, layout.join(batch: 2, channels: 8, spatial: [6, 5]))
        let y = TensorType(.float32, layout.join(batch: 2, channels: 16, spatial: [6, 5]))
        let depthwise = FusedConv(window: Window(padding: 1, groups: 8), layout: layout, activation: .silu)
        let plain = FusedActivation.allCases.map { activation in
            // oneDNN's own approximations of the activations are a little coarser than ours.
            OperatorCase(
                "\(activation), channels \(layout)",
                FusedConv(window: Window(padding: 1), layout: layout, activation: activation),
                [x, type(16, 8, 3, 3), type(16), y], tolerance: Tolerance(absolute: 2e-5, relative: 5e-5))
        }
        return plain + [
            OperatorCase(
                "without bias, channels \(layout)", FusedConv(window: Window(), layout: layout, activation: .relu),
                [x, type(16, 8, 1, 1), nil, y]),
            OperatorCase(
                "without residual, channels \(layout)", FusedConv(window: Window(), layout: layout, activation: .relu),
                [x, type(16, 8, 1, 1), type(16)]),
            OperatorCase(
                "depthwise, channels \(layout)", depthwise, [x, type(8, 1, 3, 3), type(8), x],
                tolerance: Tolerance(absolute: 2e-5, relative: 5e-5)),
        ]
    }

    @Test(arguments: cases) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func packedWeightsComputeTheSame(_ testCase: OperatorCase) throws {
        #expect(try PackedCheck.mismatch(testCase) == nil)
    }

    @Test(arguments: cases) func loweringComputesTheSame(_ testCase: OperatorCase) throws {
        #expect(try LoweringCheck.mismatch(testCase) == nil)
    }

    @Test func rejectsResidualOfAnotherShape() {
        #expect(throws: GraphError.self) {
            try FusedConv(window: Window()).outputTypes([
                Self.type(1, 2, 3, 3), Self.type(4, 2, 1, 1), nil, Self.type(1, 4, 3, 2),
            ])
        }
    }
}
