package import Graph

extension BitwiseXor: Executable {
    package static let implementations: [Implementation<BitwiseXor>] = [
        .reference({ $0 + $1 }, integer: { $0 ^ $1 })
    ]
}
