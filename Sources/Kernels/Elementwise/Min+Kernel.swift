import CKernels
package import Graph

extension Min: Executable {
    package static let implementations: [Implementation<Min>] = [
        .simd(ck_minimum),
        Implementation("copy") { (_, problem) throws(KernelError) in problem.inputs.count == 1 ? CopyKernel(problem) : nil },
        .reference({ $0 < $1 || $0.isNaN ? $0 : $1 }, integer: { min($0, $1) }, unsigned: { min($0, $1) }),
    ]
}
