package import Graph

extension IsNaN: Executable {
    package static let implementations: [Implementation<IsNaN>] = [
        .reference({ $0.isNaN ? 1 : 0 })
    ]
}
