import Graph
import Testing

@Suite struct WindowTests {
    private static func conv(
        _ attributes: [String: OnnxValue], x: [Int] = [1, 1, 5, 8], w: [Int] = [1, 1, 3, 2]
    ) throws -> Conv {
        var reader = OnnxReader(
            type: "Conv", opset: 17, attributes: attributes, inputs: [TensorType(.float32, x), TensorType(.float32, w)],
            constants: [nil, nil], outputCount: 1)
        let conv = try Conv(onnx: &reader)
        #expect(reader.unread == [])
        return conv
    }

    @Test func explicitPadsAreBeginsThenEnds() throws {
        let conv = try Self.conv([
            "pads": .ints([1, 2, 3, 4]), "strides": .ints([2, 1]), "dilations": .ints([1, 3]), "group": .int(1),
        ])
        #expect(conv.window == Window(strides: [2, 1], dilations: [1, 3], padsBefore: [1, 2], padsAfter: [3, 4]))
    }

    /// Five rows with kernel 3 and stride 2 need two rows of padding; eight columns with kernel 2 need one column, which
    /// upper puts behind and lower in front.
    @Test(arguments: [("SAME_UPPER", [1, 0], [1, 1]), ("SAME_LOWER", [1, 1], [1, 0])])
    func samePadding(_ text: String, _ before: [Int], _ after: [Int]) throws {
        let conv = try Self.conv(["auto_pad": .string(text), "strides": .ints([2, 1])])
        #expect(conv.window == Window(strides: [2, 1], padsBefore: before, padsAfter: after))
        let y = try conv.outputTypes([TensorType(.float32, [1, 1, 5, 8]), TensorType(.float32, [1, 1, 3, 2])])
        #expect(y == [TensorType(.float32, [1, 1, 3, 8])])
    }

    @Test func validHasNoPadding() throws {
        #expect(try Self.conv(["auto_pad": .string("VALID")]).window == Window())
    }

    @Test(arguments: [
        ["pads": OnnxValue.ints([1, 2])], ["strides": .ints([1])], ["strides": .ints([0, 1])], ["auto_pad": .string("SAME")],
        ["kernel_shape": .ints([3, 3])], ["pads": .ints([-1, 0, 0, 0])], ["group": .int(0)], ["dilations": .string("1")],
        ["auto_pad": .string("SAME_UPPER"), "dilations": .ints([Int.max, 1])],
    ]) func rejects(_ attributes: [String: OnnxValue]) {
        #expect(throws: GraphError.self) { try Self.conv(attributes) }
    }

    @Test func attributesAreWrittenAsTheyAreRead() throws {
        let window = Window(strides: [2, 1], dilations: [1, 3], padsBefore: [1, 2], padsAfter: [3, 4])
        guard case .node(let node) = Conv(window: window).onnx(opset: 17) else {
            Issue.record("Conv is no node")
            return
        }
        #expect(try Self.conv(Dictionary(uniqueKeysWithValues: node.attributes.map { ($0.name, $0.value) })).window == window)
    }

    @Test func ceilingDropsWindowsBehindTheInput() throws {
        let window = Window(strides: [2], padsBefore: [1], padsAfter: [1])
        #expect(try window.outputSizes([5], kernel: [2], in: "test") == [3])
        #expect(try window.outputSizes([5], kernel: [2], ceiling: true, in: "test") == [3])
        #expect(try window.outputSizes([6], kernel: [3], ceiling: true, in: "test") == [4])
        #expect(try window.outputSizes([6], kernel: [3], in: "test") == [3])
    }

    /// Numbers near the end of their range come from damaged files.
    @Test func sizesDoNotOverflow() throws {
        let far = 1 << 62
        let wide = Window(strides: [far], padsBefore: [far - 1], padsAfter: [far - 4])
        #expect(try wide.outputSizes([3], kernel: [1], ceiling: true, in: "test") == [2])
        for window in [Window(strides: [1], padsBefore: [.max]), Window(strides: [1], dilations: [far])] {
            #expect(throws: GraphError.self) { try window.outputSizes([3], kernel: [3], in: "test") }
        }
        let attributes: [String: OnnxValue] = ["auto_pad": .string("SAME_UPPER"), "dilations": .ints([far - 1, far - 1])]
        #expect(throws: GraphError.self) { try Self.conv(attributes) }
    }
}
