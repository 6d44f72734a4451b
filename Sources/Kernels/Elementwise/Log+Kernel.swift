import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Log: Executable {
    package static let implementations: [Implementation<Log>] = [
        .simd(ck_log),
        .reference({ log($0) }),
    ]
}
