import CKernels
package import Graph
package import Kernels

extension SGDStep: Executable {
    package static var implementations: [Implementation<SGDStep>] {
        [
            Implementation("rows") { (op, problem) in
                let options = ck_sgd(momentum: op.momentum, weight_decay: op.weightDecay, nesterov: op.nesterov ? 1 : 0)
                let count = problem.input(0).elementCount
                return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        withUnsafePointer(to: options) { options in
                            ck_sgd_step(
                                options, call.input(0), call.input(1), call.input(2), call.input(3), call.optionalInput(4),
                                call.output(0), call.output(1), count)
                        }
                    }
                }
            },
            Implementation("reference") { (op, problem) in
                let count = problem.input(0).elementCount
                return ClosureKernel(inPlaceInputs: [0]) { (call) in
                    let step = StepNumbers(call, hyper: Self.hyperInput, clip: Self.clipInput)
                    let w: UnsafePointer<Float> = call.input(0)
                    let g: UnsafePointer<Float> = call.input(1)
                    let m: UnsafePointer<Float> = call.input(2)
                    let newW: UnsafeMutablePointer<Float> = call.output(0)
                    let newM: UnsafeMutablePointer<Float> = call.output(1)
                    for i in 0..<count {
                        let (oldW, oldM) = (Double(w[i]), Double(m[i]))
                        let gradient = Double(g[i]) * step.factor + op.weightDecay * oldW
                        let momentum = op.momentum * oldM + gradient
                        let direction = op.nesterov ? gradient + op.momentum * momentum : momentum
                        newM[i] = step.skips ? m[i] : Float(momentum)
                        newW[i] = step.skips ? w[i] : Float(oldW - step.rate * direction)
                    }
                }
            },
        ]
    }
}

/// The numbers of an optimizer step that change from step to step.
struct StepNumbers {
    let rate: Double
    /// 1-β₁ᵗ
    let correction1: Double
    /// √(1-β₂ᵗ)
    let rootCorrection2: Double
    /// What gradients are multiplied by, clipping included.
    let factor: Double
    /// The clip factor is NaN: nothing changes.
    let skips: Bool

    init(_ call: KernelCall, hyper: Int, clip: Int) {
        let numbers: UnsafePointer<Float> = call.input(hyper)
        let factor: UnsafePointer<Float>? = call.optionalInput(clip)
        self.rate = Double(numbers[0])
        self.correction1 = Double(numbers[1])
        self.rootCorrection2 = Double(numbers[2])
        self.factor = Double(numbers[3]) * Double(factor?[0] ?? 1)
        self.skips = factor?[0].isNaN ?? false
    }
}
