import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Exp: Executable {
    package static let implementations: [Implementation<Exp>] = [
        .simd(ck_exp),
        .reference({ exp($0) }),
    ]
}
