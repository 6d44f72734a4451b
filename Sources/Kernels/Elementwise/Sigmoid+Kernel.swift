import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Sigmoid: Executable {
    package static let implementations: [Implementation<Sigmoid>] = [
        .simd(ck_sigmoid),
        .reference({ 1 / (1 + exp(-$0)) }),
    ]
}
