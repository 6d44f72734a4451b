package import Graph

extension Or: Executable {
    package static let implementations: [Implementation<Or>] = [
        .reference({ max($0, $1) })
    ]
}
