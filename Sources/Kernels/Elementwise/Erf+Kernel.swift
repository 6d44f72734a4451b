import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Erf: Executable {
    package static let implementations: [Implementation<Erf>] = [
        .simd(ck_erf),
        .reference({ erf($0) }),
    ]
}
