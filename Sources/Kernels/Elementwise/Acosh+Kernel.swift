package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Acosh: Executable {
    package static let implementations: [Implementation<Acosh>] = [
        .reference({ acosh($0) })
    ]
}
