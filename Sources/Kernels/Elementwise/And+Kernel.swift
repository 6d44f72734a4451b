package import Graph

extension And: Executable {
    package static let implementations: [Implementation<And>] = [
        .reference({ min($0, $1) })
    ]
}
