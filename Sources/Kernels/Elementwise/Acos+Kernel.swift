package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Acos: Executable {
    package static let implementations: [Implementation<Acos>] = [
        .reference({ acos($0) })
    ]
}
