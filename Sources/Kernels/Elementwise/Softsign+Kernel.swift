package import Graph

extension Softsign: Executable {
    package static let implementations: [Implementation<Softsign>] = [
        .reference({ $0 / (1 + abs($0)) })
    ]
}
