package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Tan: Executable {
    package static let implementations: [Implementation<Tan>] = [
        .reference({ tan($0) })
    ]
}
