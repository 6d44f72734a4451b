package import Graph

extension Xor: Executable {
    package static let implementations: [Implementation<Xor>] = [
        .reference({ $0 == $1 ? 0 : 1 })
    ]
}
