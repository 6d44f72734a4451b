/// The four views of a square picture that test-time augmentation averages over. Embeddings of the views are averaged and divided
/// by their length (``Embeddings/mean(ofViews:)``), probabilities are averaged (``SoftVote``).
package enum TestTimeView: String, Sendable, Hashable, CaseIterable {
    case identity
    /// Left and right exchanged.
    case horizontalFlip = "horizontal_flip"
    /// Top and bottom exchanged.
    case verticalFlip = "vertical_flip"
    /// A quarter turn, counter-clockwise.
    case quarterTurn = "quarter_turn"

    /// Where the view's pixel (row, column) is in a picture of `size` by `size` pixels.
    package func source(row: Int, column: Int, size: Int) -> (row: Int, column: Int) {
        switch self {
        case .identity: (row, column)
        case .horizontalFlip: (row, size - 1 - column)
        case .verticalFlip: (size - 1 - row, column)
        case .quarterTurn: (column, size - 1 - row)
        }
    }
}
