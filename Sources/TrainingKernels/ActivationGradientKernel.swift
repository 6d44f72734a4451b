import Graph
import Kernels

/// A C function of a forward value and `dy`, element by element.
struct ActivationGradientKernel: Kernel {
    typealias Function =
        @Sendable @convention(c) (
            Int, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?
        ) -> Void

    private let function: Function
    private let count: Int

    init(_ problem: KernelProblem, _ function: @escaping Function) {
        self.function = function
        self.count = problem.outputs[0].elementCount
    }

    var inPlaceInputs: [Int] { [0, 1] }

    func run(_ call: KernelCall) {
        self.function(self.count, call.input(0), call.input(1), call.output(0))
    }
}
