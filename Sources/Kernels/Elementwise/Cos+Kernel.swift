package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Cos: Executable {
    package static let implementations: [Implementation<Cos>] = [
        .reference({ cos($0) })
    ]
}
