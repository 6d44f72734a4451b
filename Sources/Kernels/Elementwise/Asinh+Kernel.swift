package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Asinh: Executable {
    package static let implementations: [Implementation<Asinh>] = [
        .reference({ asinh($0) })
    ]
}
