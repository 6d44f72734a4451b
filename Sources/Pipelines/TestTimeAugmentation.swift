import Graph
package import Metrics

/// Whether a model sees a picture once, or in several views whose answers are averaged.
package enum TestTimeAugmentation: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// As it is, flipped both ways, and a quarter turn counter-clockwise. Needs a square input.
    case fourViews = "four_views"

    package var views: [TestTimeView] {
        switch self {
        case .none: [.identity]
        case .fourViews: TestTimeView.allCases
        }
    }
}

extension TestTimeAugmentation {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = TestTimeAugmentation(rawValue: try container.decode(String.self)) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: " or ")
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be \(names)")
        }
        self = value
    }
}

extension TestTimeView {
    /// The view of a picture `[1, channels, side, side]`.
    func turned(_ picture: Tensor) -> Tensor {
        guard self != .identity else { return picture }
        let (channels, side) = (picture.shape[1], picture.shape[3])
        precondition(picture.shape == [1, channels, side, side], "a view needs one square picture")
        let turned = Tensor(zeros: picture.type)
        picture.withElements(as: Float.self) { source in
            turned.withElements(as: Float.self) { elements in
                self.forEachPlace(side: side) { place, origin in
                    for channel in 0..<channels {
                        elements[channel * side * side + place] = source[channel * side * side + origin]
                    }
                }
            }
        }
        return turned
    }

    /// Maps `[channels, side, side]` that were computed from the view, as maps of the picture.
    func turnedBack(_ maps: [Float], side: Int) -> [Float] {
        guard self != .identity else { return maps }
        precondition(side > 0 && maps.count.isMultiple(of: side * side), "square maps")
        var turned = maps
        self.forEachPlace(side: side) { place, origin in
            for start in Swift.stride(from: 0, to: maps.count, by: side * side) { turned[start + origin] = maps[start + place] }
        }
        return turned
    }

    /// Every place of the view, and where it is in the picture; both row-major.
    private func forEachPlace(side: Int, _ body: (_ place: Int, _ origin: Int) -> Void) {
        for row in 0..<side {
            for column in 0..<side {
                let origin = self.source(row: row, column: column, size: side)
                body(row * side + column, origin.row * side + origin.column)
            }
        }
    }
}
