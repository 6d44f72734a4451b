import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Silu: Executable {
    package static let implementations: [Implementation<Silu>] = [
        .simd(ck_silu),
        .reference({ $0 / (1 + exp(-$0)) }),
    ]
}
