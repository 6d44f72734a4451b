import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Pow: Executable {
    package static let implementations: [Implementation<Pow>] = [
        .simd(ck_pow),
        .reference({ pow($0, $1) }),
    ]
}
