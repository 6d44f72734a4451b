import CKernels
package import Graph

extension Max: Executable {
    package static let implementations: [Implementation<Max>] = [
        .simd(ck_maximum),
        Implementation("copy") { (_, problem) throws(KernelError) in problem.inputs.count == 1 ? CopyKernel(problem) : nil },
        .reference({ $0 > $1 || $0.isNaN ? $0 : $1 }, integer: { max($0, $1) }, unsigned: { max($0, $1) }),
    ]
}
