import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Mish: Executable {
    package static let implementations: [Implementation<Mish>] = [
        .simd(ck_mish),
        .reference({ $0 * tanh(max($0, 0) + log1p(exp(-abs($0)))) }),
    ]
}
