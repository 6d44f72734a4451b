import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Tanh: Executable {
    package static let implementations: [Implementation<Tanh>] = [
        .simd(ck_tanh),
        .reference({ tanh($0) }),
    ]
}
