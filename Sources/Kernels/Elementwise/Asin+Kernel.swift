package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Asin: Executable {
    package static let implementations: [Implementation<Asin>] = [
        .reference({ asin($0) })
    ]
}
