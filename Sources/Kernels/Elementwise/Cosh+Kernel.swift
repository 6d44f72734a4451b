package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Cosh: Executable {
    package static let implementations: [Implementation<Cosh>] = [
        .reference({ cosh($0) })
    ]
}
