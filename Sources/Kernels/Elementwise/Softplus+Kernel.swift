import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Softplus: Executable {
    package static let implementations: [Implementation<Softplus>] = [
        .simd(ck_softplus),
        .reference({ max($0, 0) + log1p(exp(-abs($0))) }),
    ]
}
