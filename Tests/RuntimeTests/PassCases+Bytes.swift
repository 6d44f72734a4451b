import Graph
import Runtime

extension PassCase {
    /// The passes of quantised graphs.
    static let bytes = [
        PassCase(
            .spellOutQuantized,
            { graph in
                let x = graph.float("x", [1, 1, 3, 3])
                let bytes = try graph.quantized(x, Self.scale(0.01, 128), name: "bytes")
                let (scale, zero) = (graph.number(0.01, name: "x.scale"), graph.byte(128, .uint8, name: "x.zero"))
                let weights = [
                    graph.weightBytes("w", [2, 1, 2, 2]), graph.number(0.02, name: "w.scale"),
                    graph.byte(0, .int8, name: "w.zero"),
                ]
                let result = [graph.number(0.05, name: "y.scale"), graph.byte(100, .uint8, name: "y.zero")]
                let y = try graph.append(QLinearConv(window: Window()), [bytes, scale, zero] + weights + result, name: "conv")[0]
                graph.output("y", y)
                let rows = graph.float("rows", [2, 3])
                let parts = try graph.append(DynamicQuantizeLinear(), [rows], name: "parts")
                let columns = [graph.weightBytes("v", [3, 2]), graph.number(0.03, name: "v.scale")]
                let sums = try graph.append(MatMulInteger(), [parts[0], columns[0], parts[2]], name: "sums")[0]
                let steps = try graph.apply(Mul(), parts[1], columns[1], name: "steps")
                let numbers = try graph.apply(Cast(to: .float32), sums, name: "numbers")
                graph.output("z", try graph.apply(Mul(), numbers, steps, name: "product"))
            },
            expected: """
                input x: float32[1, 1, 3, 3]
                input rows: float32[2, 3]
                bytes: uint8[1, 1, 3, 3] = QuantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: uint8, saturates: \
                true, precision: nil](x, scale, zero_point)
                conv/left: float32[1, 1, 3, 3] = DequantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: nil](bytes, \
                scale_1, zero_point_1)
                conv/right: float32[2, 1, 2, 2] = DequantizeLinear[grid: QuantizationGrid(axis: 0, blockSize: 0), to: nil](w, \
                w.scale, w.zero)
                conv/float32: float32[1, 2, 2, 2] = Conv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [0, 0], \
                padsAfter: [0, 0], groups: 1), layout: first](conv/left, conv/right)
                conv: uint8[1, 2, 2, 2] = QuantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: uint8, saturates: \
                true, precision: nil](conv/float32, scale_2, zero_point_2)
                parts: uint8[2, 3], parts.y_scale: float32[], parts.y_zero_point: uint8[] = DynamicQuantizeLinear(rows)
                product/left: float32[2, 3] = DequantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: nil](parts, \
                parts.y_scale, parts.y_zero_point)
                product/right: float32[3, 2] = DequantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: nil](v, \
                v.scale, product/zero_point)
                product: float32[2, 2] = MatMul(product/left, product/right)
                output y = conv
                output z = product
                """),
        PassCase(
            .moveBytes,
            { graph in
                let x = graph.float("x", [2, 6])
                let rounded = try graph.rounded(x, Self.scale(0.01, 128), name: "rounded")
                let turned = try graph.apply(Transpose(permutation: [1, 0]), rounded, name: "turned")
                graph.output("same", try graph.quantized(turned, Self.scale(0.01, 128), name: "same"))
                let y = try graph.apply(Reshape([3, 4]), graph.float("y", [2, 6]), name: "shaped")
                graph.output("other", try graph.quantized(y, Self.scale(0.02, 3), name: "other"))
            },
            expected: """
                input x: float32[2, 6]
                input y: float32[2, 6]
                rounded/bytes: uint8[2, 6] = QuantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: uint8, saturates: \
                true, precision: nil](x, scale, zero_point)
                turned/bytes: uint8[6, 2] = Transpose[permutation: [1, 0]](rounded/bytes)
                other: uint8[2, 6] = QuantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: uint8, saturates: true, \
                precision: nil](y, scale_1, zero_point_1)
                shaped/bytes: uint8[3, 4] = Reshape[shape: [3, 4], allowsZero: false](other)
                output same = turned/bytes
                output other = shaped/bytes
                """),
        PassCase(
            .splitProducts,
            { graph in
                let x = try graph.rounded(graph.float("x", [3, 4]), Self.scale(0.01, 128), name: "x/rounded")
                let w = try graph.apply(
                    DequantizeLinear(), graph.weightBytes("w", [4, 6]), graph.number(0.02, name: "w.scale"), name: "w/numbers")
                let sum = try graph.apply(
                    Add(), try graph.apply(MatMul(), x, w, name: "product"), graph.weight("bias", [6]), name: "sum")
                let parts = try graph.append(
                    Split(axis: 1, sizes: [1, 2]), [try graph.apply(Reshape([3, 3, 2]), sum, name: "apart")], name: "parts")
                graph.output("first", parts[0])
                graph.output("rest", parts[1])
            },
            expected: """
                input x: float32[3, 4]
                x/rounded/bytes: uint8[3, 4] = QuantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: uint8, \
                saturates: true, precision: nil](x, scale, zero_point)
                x/rounded: float32[3, 4] = DequantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: \
                nil](x/rounded/bytes, scale_1, zero_point_1)
                w/numbers/0: float32[4, 2] = DequantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: nil](w_1, \
                w.scale)
                product/0: float32[3, 2] = MatMul(x/rounded, w/numbers/0)
                sum/0: float32[3, 2] = Add(product/0, bias_1)
                parts/0: float32[3, 1, 2] = Reshape[shape: [3, 1, 2], allowsZero: true](sum/0)
                w/numbers/1: float32[4, 4] = DequantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: nil](w_2, \
                w.scale)
                product/1: float32[3, 4] = MatMul(x/rounded, w/numbers/1)
                sum/1: float32[3, 4] = Add(product/1, bias_2)
                parts/1: float32[3, 2, 2] = Reshape[shape: [3, 2, 2], allowsZero: true](sum/1)
                output first = parts/0
                output rest = parts/1
                """),
        PassCase(
            .computeInInt8,
            { graph in
                let x = try graph.rounded(graph.float("x", [3, 4]), Self.scale(0.01, 128), name: "x/rounded")
                let w = try graph.apply(
                    DequantizeLinear(), graph.weightBytes("w", [4, 4]), graph.number(0.02, name: "w.scale"), name: "w/numbers")
                let sum = try graph.apply(
                    Add(), try graph.apply(MatMul(), x, w, name: "product"), graph.weight("bias", [4]), name: "sum")
                let rounded = try graph.rounded(sum, Self.scale(0.04, 90), name: "sum/rounded")
                graph.output("y", try graph.apply(Relu(), try graph.apply(Add(), rounded, x, name: "total"), name: "relu"))
                let parts = try graph.append(DynamicQuantizeLinear(), [graph.float("rows", [2, 4])], name: "parts")
                let numbers = try graph.apply(DequantizeLinear(), parts[0], parts[1], parts[2], name: "numbers")
                graph.output("z", try graph.apply(MatMul(), numbers, w, name: "late"))
            },
            expected: """
                input x: float32[3, 4]
                input rows: float32[2, 4]
                x/rounded/bytes: uint8[3, 4] = QuantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: uint8, \
                saturates: true, precision: nil](x, scale, zero_point)
                product: float32[3, 4] = QuantizedMatMul[transposeB: false, aZero: 128, bZero: 0, epilogue: rounding uint8 0.04 \
                from 90, residual uint8 0.01 from 128, relu](x/rounded/bytes, w, product/scales, bias, _, x/rounded/bytes)
                parts: uint8[2, 4], parts.y_scale: float32[], parts.y_zero_point: uint8[] = DynamicQuantizeLinear(rows)
                late/steps: float32[4] = Mul(parts.y_scale, late/scales)
                late: float32[2, 4] = QuantizedMatMul[transposeB: false, aZero: 0, bZero: 0, epilogue: plain](parts, w, \
                late/steps, _, _, _, parts.y_zero_point)
                output y = product
                output z = late
                """),
        PassCase(
            .roundToBytes,
            { graph in
                let x = graph.float("x", [3, 4])
                graph.output("y", try graph.apply(Exp(), try graph.rounded(x, Self.scale(0.01, 128), name: "rounded"), name: "e"))
                let bytes = try graph.quantized(graph.float("read", [2]), Self.scale(0.02, 7), name: "bytes")
                graph.output("bytes", bytes)
                graph.output("numbers", try graph.dequantized(bytes, Self.scale(0.02, 7), name: "numbers"))
            },
            expected: """
                input x: float32[3, 4]
                input read: float32[2]
                rounded: float32[3, 4] = RoundToBytes[bytes: uint8 0.01 from 128](x)
                e: float32[3, 4] = Exp(rounded)
                bytes: uint8[2] = QuantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: uint8, saturates: true, \
                precision: nil](read, scale_2, zero_point_2)
                numbers: float32[2] = DequantizeLinear[grid: QuantizationGrid(axis: 1, blockSize: 0), to: nil](bytes, scale_3, \
                zero_point_3)
                output y = e
                output bytes = bytes
                output numbers = numbers
                """),
    ]

    private static func scale(_ scale: Float, _ zero: Int) throws -> ByteScale {
        guard let bytes = ByteScale(scale: scale, zero: zero, type: .uint8) else {
            throw GraphError(.attribute, "ByteScale", "\(scale) from \(zero)")
        }
        return bytes
    }
}

extension Graph {
    fileprivate mutating func rounded(_ value: ValueID, _ bytes: ByteScale, name: String) throws -> ValueID {
        try self.dequantized(try self.quantized(value, bytes, name: "\(name)/bytes"), bytes, name: name)
    }

    fileprivate mutating func byte(_ value: Int, _ type: DataType, name: String) -> ValueID {
        self.constant(Tensor(scalar: Double(value), type), name: name)
    }

    /// Signed bytes from -60 to 60.
    fileprivate mutating func weightBytes(_ name: String, _ shape: [Int]) -> ValueID {
        let tensor = Tensor(zeros: TensorType(.int8, shape))
        for index in 0..<tensor.type.elementCount {
            ElementAccess(.int8).store(integer: Int64(index * 53 % 121 - 60), tensor.rawPointer, index)
        }
        return self.constant(tensor, name: name)
    }
}
