package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Sinh: Executable {
    package static let implementations: [Implementation<Sinh>] = [
        .reference({ sinh($0) })
    ]
}
