package import Graph

extension BitwiseOr: Executable {
    package static let implementations: [Implementation<BitwiseOr>] = [
        .reference({ $0 + $1 }, integer: { $0 | $1 })
    ]
}
