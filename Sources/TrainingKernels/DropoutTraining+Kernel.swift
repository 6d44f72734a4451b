import CKernels
package import Graph
package import Kernels

extension DropoutTraining: Executable {
    package static let implementations: [Implementation<DropoutTraining>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                var dropout = op.generator(call)
                ck_dropout_forward(&dropout, count, call.input(0), call.output(0), call.output(1, as: UInt8.self))
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                let dropout = op.generator(call)
                let mask = call.output(1, as: UInt8.self)
                for index in 0..<count {
                    let keep =
                        Philox.word(
                            seed: dropout.seed, step: dropout.step, stream: dropout.stream, element: index) >= dropout.threshold
                    mask[index] = keep ? 1 : 0
                    call.output(0)[index] = keep ? call.input(0)[index] * dropout.scale : 0
                }
            }
        },
    ]

    private func generator(_ call: KernelCall) -> ck_dropout {
        let seed = call.input(1, as: Int64.self)
        return ck_dropout(
            seed: UInt64(bitPattern: seed[0]), step: UInt32(truncatingIfNeeded: seed[1]),
            stream: UInt32(truncatingIfNeeded: self.stream), threshold: UInt32((Double(self.ratio) * 0x1p32).rounded()),
            scale: 1 / (1 - self.ratio))
    }
}

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), one word at a time.
enum Philox {
    /// The word of an element: in tiles of 32, element `i` takes word `i / 8` of counter `8 * tile + i % 8`.
    static func word(seed: UInt64, step: UInt32, stream: UInt32, element: Int) -> UInt32 {
        let counter = UInt64(element / 32 * 8 + element % 8)
        var block = (UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), step, stream)
        var key = (UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32))
        for _ in 0..<10 { self.round(&block, &key) }
        switch element % 32 / 8 {
        case 0: return block.0
        case 1: return block.1
        case 2: return block.2
        default: return block.3
        }
    }

    private static func round(_ block: inout (UInt32, UInt32, UInt32, UInt32), _ key: inout (UInt32, UInt32)) {
        let a = block.0.multipliedFullWidth(by: 0xD251_1F53)
        let b = block.2.multipliedFullWidth(by: 0xCD9E_8D57)
        block = (b.high ^ block.1 ^ key.0, b.low, a.high ^ block.3 ^ key.1, a.low)
        key = (key.0 &+ 0x9E37_79B9, key.1 &+ 0xBB67_AE85)
    }
}
