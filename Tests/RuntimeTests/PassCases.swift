import Graph
import Runtime

extension PassCase {
    static let all = [
        PassCase(
            .widenNarrowFloats,
            { graph in
                let x = graph.input("x", TensorType(.float16, [2, 3]))
                graph.output("y", try graph.apply(Relu(), x, name: "relu"))
            },
            expected: """
                input x: float16[2, 3]
                x/float32: float32[2, 3] = Cast[to: float32, saturates: true, rounding: up](x)
                relu/float32: float32[2, 3] = Relu(x/float32)
                relu: float16[2, 3] = Cast[to: float16, saturates: true, rounding: up](relu/float32)
                output y = relu
                """),
        PassCase(
            .simplify,
            { graph in
                let x = graph.float("x", [4, 9])
                let same = try graph.apply(Reshape([4, 9]), try graph.apply(Cast(to: .float32), x, name: "cast"), name: "same")
                let top = try graph.apply(Slice(starts: [1], ends: [4], axes: [0]), same, name: "top")
                graph.output("y", try graph.apply(Slice(starts: [2], ends: [5], axes: [1]), top, name: "corner"))
                let map = try graph.apply(
                    Resize(.sizes([3, 5]), mode: .cubic), graph.float("map", [1, 2, 3, 5]), name: "as large")
                graph.output("z", try graph.apply(Relu(), map, name: "relu"))
            },
            expected: """
                input x: float32[4, 9]
                input map: float32[1, 2, 3, 5]
                corner: float32[3, 3] = Slice[starts: [1, 2], ends: [4, 5], axes: [], steps: []](x)
                relu: float32[1, 2, 3, 5] = Relu(map)
                output y = corner
                output z = relu
                """),
        PassCase(
            .shareCommon,
            { graph in
                let x = graph.float("x", [4])
                let left = try graph.apply(Exp(), x, name: "left")
                graph.output("y", try graph.apply(Add(), left, try graph.apply(Exp(), x, name: "right"), name: "sum"))
            },
            expected: """
                input x: float32[4]
                left: float32[4] = Exp(x)
                sum: float32[4] = Add(left, left)
                output y = sum
                """),
        PassCase(
            .recoverOperators,
            { graph in
                let x = graph.float("x", [5, 8])
                let squares = try graph.apply(Mul(), x, x, name: "squares")
                let mean = try graph.apply(ReduceMean(axes: [-1], keepDimensions: true), squares, name: "mean")
                let sum = try graph.apply(Add(), mean, graph.number(1e-3, name: "epsilon"), name: "sum")
                let y = try graph.apply(Div(), x, try graph.apply(Sqrt(), sum, name: "root"), name: "quotient")
                graph.output("y", try graph.apply(Mul(), y, graph.weight("scale", [8]), name: "scaled"))
            },
            expected: """
                input x: float32[5, 8]
                scaled: float32[5, 8] = RMSNormalization[axis: 1, epsilon: 0.001](x, scale)
                output y = scaled
                """),
        PassCase(
            .recoverActivations,
            { graph in
                let x = graph.float("x", [5, 8])
                let cube = try graph.apply(Pow(), x, graph.number(3, name: "three"), name: "cube")
                let bend = try graph.apply(Mul(), cube, graph.number(0.044715, name: "bend"), name: "bent")
                let sum = try graph.apply(Add(), x, bend, name: "sum")
                let inner = try graph.apply(Mul(), sum, graph.number(0.797_884_6, name: "slope"), name: "inner")
                let curve = try graph.apply(Tanh(), inner, name: "curve")
                let gate = try graph.apply(Add(), curve, graph.number(1, name: "one"), name: "gate")
                let half = try graph.apply(Mul(), x, graph.number(0.5, name: "half"), name: "halved")
                graph.output("new", try graph.apply(Mul(), half, gate, name: "gelu"))
                let steep = try graph.apply(Mul(), graph.number(1.702, name: "steep"), x, name: "steepened")
                graph.output("quick", try graph.apply(Mul(), x, try graph.apply(Sigmoid(), steep, name: "part"), name: "quick"))
            },
            expected: """
                input x: float32[5, 8]
                gelu: float32[5, 8] = Gelu[approximate: tanh](x)
                quick: float32[5, 8] = Swish[alpha: 1.702](x)
                output new = gelu
                output quick = quick
                """),
        PassCase(
            .fuseAttention,
            { graph in
                let (q, k, v) = (
                    graph.float("q", [2, 3, 6, 4]), graph.float("k", [2, 3, 5, 4]), graph.float("v", [2, 3, 5, 7])
                )
                let turned = try graph.apply(Transpose(permutation: [0, 1, 3, 2]), k, name: "turned")
                let scores = try graph.apply(MatMul(), q, turned, name: "scores")
                let scaled = try graph.apply(Mul(), scores, graph.number(0.5, name: "scale"), name: "scaled")
                let masked = try graph.apply(Add(), scaled, graph.float("mask", [6, 5]), name: "masked")
                graph.output("y", try graph.apply(MatMul(), try graph.apply(Softmax(), masked, name: "soft"), v, name: "result"))
            },
            expected: """
                input q: float32[2, 3, 6, 4]
                input k: float32[2, 3, 5, 4]
                input v: float32[2, 3, 5, 7]
                input mask: float32[6, 5]
                result: float32[2, 3, 6, 7] = ScaledDotProductAttention[scale: Optional(0.5), queries: B H N D, keys: B H N \
                D, values: B H N D, result: B H N D](q, k, v, mask)
                output y = result
                """),
        PassCase(
            .channelsLast,
            { graph in
                let x = graph.float("x", [2, 4, 6, 5])
                let y = try graph.apply(Conv(window: Window(padding: 1)), x, graph.weight("w", [4, 4, 3, 3]), name: "conv")
                graph.output("y", try graph.apply(Relu(), try graph.apply(Add(), y, x, name: "sum"), name: "relu"))
            },
            expected: """
                input x: float32[2, 4, 6, 5]
                x/channels_last: float32[2, 6, 5, 4] = Transpose[permutation: [0, 2, 3, 1]](x)
                conv: float32[2, 6, 5, 4] = Conv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [1, 1], \
                padsAfter: [1, 1], groups: 1), layout: last](x/channels_last, w)
                sum: float32[2, 6, 5, 4] = Add(conv, x/channels_last)
                relu: float32[2, 6, 5, 4] = Relu(sum)
                relu/channels_first: float32[2, 4, 6, 5] = Transpose[permutation: [0, 3, 1, 2]](relu)
                output y = relu/channels_first
                """),
        PassCase(
            .cancelTransposes,
            { graph in
                let x = graph.float("tokens", [2, 30, 4])
                let rows = try graph.apply(Transpose(permutation: [0, 2, 1]), x, name: "rows")
                let map = try graph.apply(Reshape([2, 4, 6, 5]), rows, name: "map")
                graph.output("pixels", try graph.apply(Transpose(permutation: [0, 2, 3, 1]), map, name: "pixels"))
                graph.output("columns", try graph.apply(Transpose(permutation: [0, 1, 3, 2]), map, name: "columns"))
                let stacked = try graph.apply(
                    Transpose(permutation: [1, 0, 2]), graph.float("joint", [4, 3, 8]), name: "stacked")
                graph.output("second", try graph.apply(Slice(starts: [1], ends: [2], axes: [0]), stacked, name: "second"))
            },
            expected: """
                input tokens: float32[2, 30, 4]
                input joint: float32[4, 3, 8]
                pixels: float32[2, 6, 5, 4] = Reshape[shape: [2, 6, 5, 4], allowsZero: false](tokens)
                columns/apart: float32[2, 6, 5, 4] = Reshape[shape: [2, 6, 5, 4], allowsZero: false](tokens)
                columns: float32[2, 4, 5, 6] = Transpose[permutation: [0, 3, 2, 1]](columns/apart)
                second/part: float32[4, 1, 8] = Slice[starts: [1], ends: [2], axes: [1], steps: []](joint)
                second: float32[1, 4, 8] = Reshape[shape: [1, 4, 8], allowsZero: false](second/part)
                output pixels = pixels
                output columns = columns
                output second = second
                """),
        PassCase(
            .attendInPlace,
            { graph in
                func heads(_ name: String) throws -> ValueID {
                    let apart = try graph.apply(Reshape([2, 6, 3, 4]), graph.float(name, [2, 6, 12]), name: "\(name).apart")
                    return try graph.apply(Transpose(permutation: [0, 2, 1, 3]), apart, name: "\(name).heads")
                }
                let (q, k, v) = (try heads("q"), try heads("k"), try heads("v"))
                let y = try graph.apply(ScaledDotProductAttention(), q, k, v, name: "attention")
                let tokens = try graph.apply(Transpose(permutation: [0, 2, 1, 3]), y, name: "tokens")
                graph.output("y", try graph.apply(Reshape([2, 6, 12]), tokens, name: "joined"))
            },
            expected: """
                input q: float32[2, 6, 12]
                input k: float32[2, 6, 12]
                input v: float32[2, 6, 12]
                attention/queries: float32[2, 6, 3, 4] = Reshape[shape: [2, 6, 3, 4], allowsZero: false](q)
                attention/keys: float32[2, 6, 3, 4] = Reshape[shape: [2, 6, 3, 4], allowsZero: false](k)
                attention/values: float32[2, 6, 3, 4] = Reshape[shape: [2, 6, 3, 4], allowsZero: false](v)
                attention: float32[2, 6, 3, 4] = ScaledDotProductAttention[scale: nil, queries: B N H D, keys: B N H D, \
                values: B N H D, result: B N H D](attention/queries, attention/keys, attention/values)
                attention/heads: float32[2, 3, 6, 4] = Transpose[permutation: [0, 2, 1, 3]](attention)
                tokens: float32[2, 6, 3, 4] = Transpose[permutation: [0, 2, 1, 3]](attention/heads)
                joined: float32[2, 6, 12] = Reshape[shape: [2, 6, 12], allowsZero: false](tokens)
                output y = joined
                """),
        PassCase(
            .sinkTransposes,
            { graph in
                let (x, y) = (graph.float("x", [2, 6, 5, 4]), graph.float("y", [2, 6, 5, 4]))
                let a = try graph.apply(Transpose(permutation: [0, 3, 1, 2]), x, name: "a")
                let b = try graph.apply(Transpose(permutation: [0, 3, 1, 2]), y, name: "b")
                let sum = try graph.apply(Add(), a, b, name: "sum")
                let mean = try graph.apply(ReduceMean(axes: [2, 3], keepDimensions: true), sum, name: "mean")
                let scaled = try graph.apply(Mul(), sum, try graph.apply(Sigmoid(), mean, name: "gate"), name: "scaled")
                graph.output("z", try graph.apply(Transpose(permutation: [0, 2, 3, 1]), scaled, name: "back"))
            },
            expected: """
                input x: float32[2, 6, 5, 4]
                input y: float32[2, 6, 5, 4]
                sum: float32[2, 6, 5, 4] = Add(x, y)
                mean: float32[2, 1, 1, 4] = ReduceMean[reduction: Reduction(axes: [1, 2], keepDimensions: true, \
                reducesNothing: false)](sum)
                gate: float32[2, 1, 1, 4] = Sigmoid(mean)
                scaled: float32[2, 6, 5, 4] = Mul(sum, gate)
                output z = scaled
                """),
        PassCase(
            .fuseMatMul,
            { graph in
                let x = graph.float("x", [2, 8])
                let w = try graph.apply(Transpose(permutation: [1, 0]), graph.float("w", [8, 8]), name: "turned")
                let product = try graph.apply(MatMul(), x, w, name: "product")
                let biased = try graph.apply(Add(), product, graph.weight("b", [8]), name: "biased")
                graph.output("y", try graph.apply(Add(), try graph.apply(Gelu(), biased, name: "gelu"), x, name: "sum"))
            },
            expected: """
                input x: float32[2, 8]
                input w: float32[8, 8]
                sum: float32[2, 8] = FusedMatMul[transposeA: false, transposeB: true, alpha: 1.0, activation: gelu, \
                precision: float32, result: float32](x, w, b, x)
                output y = sum
                """),
        PassCase(
            .foldConstants,
            { graph in
                let sum = try graph.apply(Add(), graph.weight("a", [2]), graph.weight("b", [2]), name: "sum")
                graph.output("y", try graph.apply(Mul(), graph.float("x", [2]), sum, name: "product"))
            },
            expected: """
                input x: float32[2]
                product: float32[2] = Mul(x, sum)
                output y = product
                """),
        PassCase(
            .foldBatchNormalization,
            { graph in
                let x = graph.float("x", [2, 4, 6, 5])
                let y = try graph.apply(Conv(window: Window(padding: 1)), x, graph.weight("w", [6, 4, 3, 3]), name: "conv")
                let normalized = try graph.normalized(y, channels: 6, name: "norm")
                let up = ConvTranspose(window: Window(stride: 2, groups: 2))
                let wide = try graph.apply(up, normalized, graph.weight("v", [6, 2, 2, 2]), graph.weight("b", [4]), name: "up")
                graph.output("y", try graph.normalized(wide, channels: 4, name: "last"))
            },
            expected: """
                input x: float32[2, 4, 6, 5]
                norm: float32[2, 6, 6, 5] = Conv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [1, 1], \
                padsAfter: [1, 1], groups: 1), layout: first](x, conv/folded_weight, conv/folded_bias)
                last: float32[2, 4, 12, 10] = ConvTranspose[window: Window(strides: [2, 2], dilations: [1, 1], padsBefore: \
                [0, 0], padsAfter: [0, 0], groups: 2), outputPadding: [0, 0], layout: first](norm, up/folded_weight, \
                up/folded_bias)
                output y = last
                """),
        PassCase(
            .convolveBeforeResize,
            { graph in
                let (x, z) = (graph.float("x", [1, 4, 6, 2]), graph.float("z", [1, 2, 3, 6]))
                let large = try graph.apply(Resize(.sizes([4, 6]), layout: .last), z, name: "large")
                let joined = try graph.append(Concat(axis: 3), [x, large], name: "joined")[0]
                let inputs = [joined, graph.weight("w", [4, 8, 1, 1]), graph.weight("b", [4])]
                graph.output("y", try graph.append(Conv(window: Window(), layout: .last), inputs, name: "conv")[0])
            },
            expected: """
                input x: float32[1, 4, 6, 2]
                input z: float32[1, 2, 3, 6]
                conv/part1: float32[1, 2, 3, 4] = Conv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [0, \
                0], padsAfter: [0, 0], groups: 1), layout: last](z, conv/part1/weight)
                conv/part1/resized: float32[1, 4, 6, 4] = Resize[target: sizes([4, 6]), mode: linear, coordinates: \
                halfPixel, rounding: roundPreferFloor, filter: Filter(cubicCoefficient: -0.75, excludesOutside: false, \
                antialiases: false), crop: nil, layout: last](conv/part1)
                conv/rest: float32[1, 4, 6, 4] = Conv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [0, \
                0], padsAfter: [0, 0], groups: 1), layout: last](x, conv/weight, b)
                conv: float32[1, 4, 6, 4] = Add(conv/rest, conv/part1/resized)
                output y = conv
                """),
        PassCase(
            .composeProducts,
            { graph in
                let rows = try graph.apply(
                    FusedMatMul(alpha: 2), graph.float("tokens", [1, 12, 6]), graph.weight("v", [6, 5]), graph.weight("a", [5]),
                    name: "rows")
                let map = try graph.apply(Reshape([1, 3, 4, 5]), rows, name: "map")
                let inputs = [map, graph.weight("w", [4, 5, 1, 1]), graph.weight("b", [4])]
                graph.output("y", try graph.append(Conv(window: Window(), layout: .last), inputs, name: "conv")[0])
                // Two thin products that one thick one would replace.
                let thin = try graph.apply(
                    FusedMatMul(), graph.float("x", [1, 2, 3, 8]), graph.weight("down", [8, 1]), name: "thin")
                let up = [thin, graph.weight("up", [8, 1, 1, 1])]
                graph.output("z", try graph.append(Conv(window: Window(), layout: .last), up, name: "thick")[0])
            },
            expected: """
                input tokens: float32[1, 12, 6]
                input x: float32[1, 2, 3, 8]
                conv/rows: float32[1, 3, 4, 6] = Reshape[shape: [1, 3, 4, 6], allowsZero: false](tokens)
                conv: float32[1, 3, 4, 4] = Conv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [0, 0], \
                padsAfter: [0, 0], groups: 1), layout: last](conv/rows, conv/composed_weight, conv/composed_bias)
                thin: float32[1, 2, 3, 1] = FusedMatMul[transposeA: false, transposeB: false, alpha: 1.0, activation: none, \
                precision: float32, result: float32](x, down)
                thick: float32[1, 2, 3, 8] = Conv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [0, 0], \
                padsAfter: [0, 0], groups: 1), layout: last](thin, up)
                output y = conv
                output z = thick
                """),
        PassCase(
            .fuseConv,
            { graph in
                let x = graph.float("x", [2, 4, 6, 5])
                let y = try graph.apply(Conv(window: Window(padding: 1)), x, graph.weight("w", [4, 4, 3, 3]), name: "conv")
                graph.output("y", try graph.apply(Relu(), try graph.apply(Add(), y, x, name: "sum"), name: "relu"))
                let z = try graph.apply(Conv(window: Window(padding: 1)), x, graph.weight("v", [4, 4, 3, 3]), name: "other")
                graph.output("rows", try graph.apply(Gelu(), try graph.apply(Reshape([8, 30]), z, name: "flat"), name: "gelu"))
            },
            expected: """
                input x: float32[2, 4, 6, 5]
                relu: float32[2, 4, 6, 5] = FusedConv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [1, \
                1], padsAfter: [1, 1], groups: 1), layout: first, activation: relu, precision: float32, result: \
                float32](x, w, _, x)
                gelu: float32[2, 4, 6, 5] = FusedConv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [1, \
                1], padsAfter: [1, 1], groups: 1), layout: first, activation: gelu, precision: float32, result: float32](x, v)
                gelu/shaped: float32[8, 30] = Reshape[shape: [8, 30], allowsZero: false](gelu)
                output y = relu
                output rows = gelu/shaped
                """),
        PassCase(
            .gateConvolutions,
            { graph in
                let (x, gate) = (graph.float("x", [2, 6, 5, 4]), graph.float("gate", [2, 1, 1, 4]))
                let gated = try graph.apply(Mul(), x, gate, name: "gated")
                let w = graph.weight("w", [3, 4, 1, 1])
                graph.output("y", try graph.apply(FusedConv(window: Window(), layout: .last), gated, w, name: "conv"))
                // The kernel multiplies no patches, and this product is read twice.
                let other = try graph.apply(Mul(), gate, x, name: "other")
                let strided = FusedConv(window: Window(stride: 2), layout: .last)
                graph.output("z", try graph.apply(strided, other, w, name: "strided"))
                let common = try graph.apply(Mul(), x, graph.float("second", [2, 1, 1, 4]), name: "common")
                let v = graph.weight("v", [4, 4, 1, 1])
                let inner = try graph.apply(FusedConv(window: Window(), layout: .last), common, v, name: "inner")
                graph.output("sum", try graph.apply(Add(), inner, common, name: "sum"))
            },
            expected: """
                input x: float32[2, 6, 5, 4]
                input gate: float32[2, 1, 1, 4]
                input second: float32[2, 1, 1, 4]
                conv: float32[2, 6, 5, 3] = FusedConv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [0, 0], \
                padsAfter: [0, 0], groups: 1), layout: last, activation: none, precision: float32, result: float32](x, w, _, _, \
                gate)
                other: float32[2, 6, 5, 4] = Mul(gate, x)
                strided: float32[2, 3, 3, 3] = FusedConv[window: Window(strides: [2, 2], dilations: [1, 1], padsBefore: [0, 0], \
                padsAfter: [0, 0], groups: 1), layout: last, activation: none, precision: float32, result: float32](other, w)
                common: float32[2, 6, 5, 4] = Mul(x, second)
                inner: float32[2, 6, 5, 4] = FusedConv[window: Window(strides: [1, 1], dilations: [1, 1], padsBefore: [0, 0], \
                padsAfter: [0, 0], groups: 1), layout: last, activation: none, precision: float32, result: float32](common, v)
                sum: float32[2, 6, 5, 4] = Add(inner, common)
                output y = conv
                output z = strided
                output sum = sum
                """),
        PassCase(
            .withoutDeadNodes,
            { graph in
                let x = graph.float("x", [2])
                _ = try graph.apply(Exp(), try graph.apply(Abs(), x, name: "unread"), name: "nor this")
                graph.output("y", try graph.apply(Relu(), x, name: "relu"))
            },
            expected: """
                input x: float32[2]
                relu: float32[2] = Relu(x)
                output y = relu
                """),
        PassCase(
            .computeInBFloat16,
            { graph in
                let x = graph.float("x", [5, 32])
                let inner = try graph.apply(
                    FusedMatMul(activation: .relu), x, graph.weight("w", [32, 32]), graph.weight("b", [32]), name: "inner")
                graph.output("y", try graph.apply(FusedMatMul(), inner, graph.weight("v", [32, 32]), nil, x, name: "outer"))
            },
            expected: """
                input x: float32[5, 32]
                inner: bfloat16[5, 32] = FusedMatMul[transposeA: false, transposeB: false, alpha: 1.0, activation: relu, \
                precision: bfloat16, result: bfloat16](x, w, b)
                outer: float32[5, 32] = FusedMatMul[transposeA: false, transposeB: false, alpha: 1.0, activation: none, \
                precision: bfloat16, result: float32](inner, v, _, x)
                output y = outer
                """),
    ]
}
