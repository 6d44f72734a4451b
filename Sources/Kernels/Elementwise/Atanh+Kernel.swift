package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Atanh: Executable {
    package static let implementations: [Implementation<Atanh>] = [
        .reference({ atanh($0) })
    ]
}
