package import Graph

extension Not: Executable {
    package static let implementations: [Implementation<Not>] = [
        .reference({ 1 - $0 })
    ]
}
