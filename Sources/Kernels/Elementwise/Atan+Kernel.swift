package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Atan: Executable {
    package static let implementations: [Implementation<Atan>] = [
        .reference({ atan($0) })
    ]
}
