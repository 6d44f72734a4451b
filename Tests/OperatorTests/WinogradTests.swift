import CKernels
import Graph
import Kernels
import TestSupport
import Testing

/// 3 x 3 convolutions by Winograd's transform, against sums of products in Double.
@Suite struct WinogradTests {
    /// Sizes of a convolution of stride 1 and what follows it.
    struct Problem: Sendable, CustomStringConvertible {
        var batch = 1
        var height: Int
        var width: Int
        var channels: Int
        var columns: Int
        var padding = 1
        var activation = FusedActivation.none
        var hasResidual = false
        var threads = 2

        var description: String {
            "\(self.batch) x \(self.height) x \(self.width) x \(self.channels) to \(self.columns), padding \(self.padding), "
                + "\(self.activation), residual \(self.hasResidual), \(self.threads) threads"
        }

        var rows: Int { self.height + 2 * self.padding - 2 }
        /// The deviation of results: sums of 9 products for each channel, of numbers with a variance of a third.
        var spread: Float { (Float(self.channels) * 9).squareRoot() / 3 }

        var places: Int { self.width + 2 * self.padding - 2 }
    }

    static let problems: [Problem] = [
        Problem(height: 4, width: 4, channels: 16, columns: 16),
        Problem(batch: 2, height: 9, width: 11, channels: 32, columns: 48, activation: .relu, hasResidual: true),
        Problem(height: 6, width: 7, channels: 16, columns: 5, padding: 0, activation: .silu),
        Problem(batch: 3, height: 5, width: 3, channels: 48, columns: 39, padding: 2, hasResidual: true, threads: 1),
        Problem(height: 1, width: 13, channels: 16, columns: 64, activation: .gelu, hasResidual: true),
        Problem(batch: 2, height: 22, width: 30, channels: 16, columns: 33, activation: .relu, threads: 3),
        Problem(height: 7, width: 7, channels: 112, columns: 96, activation: .sigmoid),
    ]

    private struct Operands {
        var x: [Float]
        let w: [Float]
        let bias: [Float]
        let residual: [Float]

        init(_ p: Problem) {
            var random = SeededRandom(seed: 31)
            func values(_ shape: Int...) -> [Float] {
                random.tensor(TensorType(.float32, shape), in: -1...1).array(of: Float.self)
            }
            self.x = values(p.batch, p.height, p.width, p.channels)
            self.w = values(p.columns, p.channels, 3, 3)
            self.bias = values(p.columns)
            self.residual = values(p.batch, p.rows, p.places, p.columns)
        }
    }

    private static func run(
        _ p: Problem, _ operands: Operands, side: Int, precision: ck_precision = CK_FLOAT32
    ) -> [Float] {
        var spec = ck_panels_spec()
        spec.take(p)
        spec.precision = precision
        let packed = UnsafeMutableRawPointer.allocate(
            byteCount: ck_winograd_bytes(precision, p.columns, p.channels, side), alignment: 64)
        let workspace = UnsafeMutableRawPointer.allocate(byteCount: ck_winograd_workspace(&spec, side), alignment: 64)
        defer {
            packed.deallocate()
            workspace.deallocate()
        }
        ck_winograd_pack(precision, operands.w, p.columns, p.channels, side, packed)
        return [Float](unsafeUninitializedCapacity: operands.residual.count) { y, count in
            operands.x.withUnsafeBytes { x in
                operands.residual.withUnsafeBytes { residual in
                    operands.bias.withUnsafeBufferPointer { bias in
                        var pointers = ck_panels_operands()
                        pointers.a = x.baseAddress
                        pointers.packed = UnsafeRawPointer(packed)
                        pointers.residual = p.hasResidual ? residual.baseAddress : nil
                        pointers.bias = bias.baseAddress
                        pointers.y = UnsafeMutableRawPointer(y.baseAddress)
                        pointers.workspace = workspace
                        ck_winograd_run(&spec, side, &pointers)
                    }
                }
            }
            count = operands.residual.count
        }
    }

    /// By the reference, which adds products in Double.
    private static func expected(_ p: Problem, _ operands: Operands) throws -> [Float] {
        let op = FusedConv(window: Window(padding: p.padding), layout: .last, activation: p.activation)
        let inputs: [Tensor?] = [
            Tensor(operands.x, shape: [p.batch, p.height, p.width, p.channels]),
            Tensor(operands.w, shape: [p.columns, p.channels, 3, 3]), Tensor(operands.bias, shape: [p.columns]),
            p.hasResidual ? Tensor(operands.residual, shape: [p.batch, p.rows, p.places, p.columns]) : nil,
        ]
        return try GraphEvaluator(implementation: "reference").run(op, inputs)[0].array(of: Float.self)
    }

    private func isSkipped() -> Bool {
        if !ck_panels_available(CK_FLOAT32) { print("skipped: this CPU has no AVX-512") }
        return !ck_panels_available(CK_FLOAT32)
    }

    @Test(arguments: problems, [2, 4]) func matchesTheReference(_ problem: Problem, side: Int) throws {
        guard !self.isSkipped() else { return }
        let operands = Operands(problem)
        let actual = Self.run(problem, operands, side: side)
        let expected = try Self.expected(problem, operands)
        // Side 4 has about twice the error of direct float32 sums.
        for (index, (a, e)) in zip(actual, expected).enumerated() where !(abs(a - e) <= 6e-6 * problem.spread) {
            Issue.record("\(problem), side \(side): element \(index) is \(a), not \(e)")
            return
        }
    }

    /// In bfloat16 the transformed inputs and weights are rounded, nothing else.
    @Test(arguments: problems) func bfloat16IsNear(_ problem: Problem) throws {
        guard ck_panels_available(CK_BFLOAT16) else { return print("skipped: this CPU does not multiply bfloat16") }
        let operands = Operands(problem)
        let actual = Self.run(problem, operands, side: 2, precision: CK_BFLOAT16)
        let expected = try Self.expected(problem, operands)
        // A bfloat16 has 8 bits.
        let worst = zip(actual, expected).map { abs($0 - $1) }.max() ?? .nan
        #expect(worst <= 0.03 * problem.spread && worst > 0, "\(problem): \(worst), results spread by \(problem.spread)")
    }

    /// What is not finite reaches the results under whose kernel it lies, and no others of its square.
    @Test(arguments: [2, 4], [Float.nan, .infinity, -.infinity, 3e38]) func nonFiniteInputs(_ side: Int, value: Float) throws {
        guard !self.isSkipped() else { return }
        let problem = Problem(batch: 2, height: 9, width: 10, channels: 16, columns: 37)
        var operands = Operands(problem)
        for place in [0, operands.x.count / 3, operands.x.count - 1] { operands.x[place] = value }
        let actual = Self.run(problem, operands, side: side)
        let expected = try Self.expected(problem, operands)
        #expect(value == 3e38 || expected.contains { !$0.isFinite })
        for (index, (a, e)) in zip(actual, expected).enumerated() {
            // Weights, which are up to 1, are recovered to a few units of their last place.
            let tolerance = 6e-6 * problem.spread + (value.isFinite ? 5e-7 * abs(value) : 0)
            let isSame = e.isNaN ? a.isNaN : e.isFinite ? abs(a - e) <= tolerance : a == e
            #expect(isSame, "side \(side), \(value): element \(index) is \(a), not \(e)")
            if !isSame { return }
        }
    }

    /// The convolutions of ResNet-50 and of a U-Net take it, a network with too little work or too many weights does not.
    @Test func sidesAreChosenByWork() {
        func side(_ size: Int, _ channels: Int, batch: Int = 1) -> Int {
            var spec = ck_panels_spec()
            spec.take(Problem(batch: batch, height: size, width: size, channels: channels, columns: channels))
            return ck_winograd_side(&spec)
        }
        #expect([side(56, 64), side(28, 128), side(256, 32)] == [4, 4, 4])
        #expect(side(7, 512) == 0 && side(7, 512, batch: 8) == 4 && side(1, 512) == 0)
    }
}

extension ck_panels_spec {
    fileprivate mutating func take(_ p: WinogradTests.Problem) {
        self.m = p.batch * p.rows * p.places
        self.n = p.columns
        self.k = 9 * p.channels
        self.threads = p.threads
        self.has_patches = true
        self.adds_first = true
        self.activation = p.activation.code
        self.patches.batch = Int64(p.batch)
        self.patches.in_channels = Int64(p.channels)
        self.patches.in = (1, Int64(p.height), Int64(p.width))
        self.patches.out = (1, Int64(p.rows), Int64(p.places))
        self.patches.kernel = (1, 3, 3)
        self.patches.strides = (1, 1, 1)
        self.patches.dilations = (1, 1, 1)
        self.patches.before = (0, Int64(p.padding), Int64(p.padding))
    }
}
