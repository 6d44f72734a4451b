import CKernels
package import Graph
package import Kernels

extension AdamWStep: Executable {
    package static var implementations: [Implementation<AdamWStep>] {
        [
            Implementation("rows") { (op, problem) in
                let options = ck_adam(
                    beta1: op.beta1, beta2: op.beta2, epsilon: op.epsilon, weight_decay: op.weightDecay,
                    decoupled: op.decoupled ? 1 : 0)
                let count = problem.input(0).elementCount
                return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        withUnsafePointer(to: options) { options in
                            ck_adam_step(
                                options, call.input(0), call.input(1), call.input(2), call.input(3), call.input(4),
                                call.optionalInput(5), call.output(0), call.output(1), call.output(2), count)
                        }
                    }
                }
            },
            Implementation("reference") { (op, problem) in
                let count = problem.input(0).elementCount
                return ClosureKernel(inPlaceInputs: [0]) { (call) in
                    let step = StepNumbers(call, hyper: Self.hyperInput, clip: Self.clipInput)
                    for i in 0..<count { op.update(i, call, step) }
                }
            },
        ]
    }

    /// One element of the reference.
    private func update(_ i: Int, _ call: KernelCall, _ step: StepNumbers) {
        let old = (w: call.input(0)[i] as Float, m: call.input(2)[i] as Float, v: call.input(3)[i] as Float)
        let newW: UnsafeMutablePointer<Float> = call.output(0)
        let newM: UnsafeMutablePointer<Float> = call.output(1)
        let newV: UnsafeMutablePointer<Float> = call.output(2)
        guard !step.skips else {
            (newW[i], newM[i], newV[i]) = (old.w, old.m, old.v)
            return
        }
        let decay = self.decoupled ? 1 - step.rate * self.weightDecay : 1
        let gradient = Double(call.input(1)[i] as Float) * step.factor + (self.decoupled ? 0 : self.weightDecay * Double(old.w))
        let m = Double(old.m) + (1 - self.beta1) * (gradient - Double(old.m))
        let v = self.beta2 * Double(old.v) + (1 - self.beta2) * gradient * gradient
        let root = v.squareRoot() / step.rootCorrection2 + self.epsilon
        newM[i] = Float(m)
        newV[i] = Float(v)
        newW[i] = Float(Double(old.w) * decay - step.rate / step.correction1 * m / root)
    }
}
