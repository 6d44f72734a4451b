package import Graph

extension BitwiseNot: Executable {
    package static let implementations: [Implementation<BitwiseNot>] = [
        .reference({ -$0 }, integer: { ~$0 })
    ]
}
