package import Graph

extension BitwiseAnd: Executable {
    package static let implementations: [Implementation<BitwiseAnd>] = [
        .reference({ $0 + $1 }, integer: { $0 & $1 })
    ]
}
