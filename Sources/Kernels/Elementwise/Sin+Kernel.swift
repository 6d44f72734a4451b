package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Sin: Executable {
    package static let implementations: [Implementation<Sin>] = [
        .reference({ sin($0) })
    ]
}
