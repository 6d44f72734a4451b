/// Named dimensions while a shape rule is worked out: the same letter must mean the same size everywhere.
package struct Dims: Sendable {
    private var sizes: [String: (size: Int, place: String)] = [:]
    private let subject: String

    /// - Parameter subject: the operator, for errors.
    package init(_ subject: String) {
        self.subject = subject
    }

    /// The size of a dimension that was matched before.
    package subscript(_ letter: String) -> Int {
        guard let entry = self.sizes[letter] else { preconditionFailure("dimension \(letter) was never matched") }
        return entry.size
    }

    /// Matches a shape against letters, outermost first.
    /// - Parameter place: the input's name, for errors.
    package mutating func match(_ type: TensorType, _ letters: String..., in place: String) throws(GraphError) {
        guard type.rank == letters.count else {
            throw GraphError(.shape, self.subject, "\(place) must be [\(letters.joined(separator: ", "))], is \(type)")
        }
        for (letter, size) in zip(letters, type.shape) {
            if let known = self.sizes[letter], known.size != size {
                throw GraphError(
                    .shape, self.subject,
                    "\(letter) is \(known.size) in \(known.place) and \(size) in \(place) (\(type))")
            }
            self.sizes[letter] = (size, place)
        }
    }

    package func shape(_ letters: String...) -> [Int] { letters.map { self[$0] } }
}
