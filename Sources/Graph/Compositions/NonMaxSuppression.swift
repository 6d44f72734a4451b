/// The boxes with the best scores of each class, without those that overlap a better one: [count, 3] int64 rows of batch,
/// class and box. ONNX `NonMaxSuppression` 11.
struct NonMaxSuppression: OnnxComposition {
    static let onnxTypes = ["NonMaxSuppression"]

    private let rows: Tensor

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let isCentered = try reader.int("center_point_box") ?? 0 != 0
        let boxes = try reader.requiredConstant(input: 0)
        let scores = try reader.requiredConstant(input: 1)
        let most = try reader.constantInts(input: 2)?.first ?? 0
        let overlap = try reader.constant(input: 3)?.scalar ?? 0
        let least = try reader.constant(input: 4)?.scalar ?? -.infinity
        guard boxes.shape.count == 3, scores.shape.count == 3, boxes.shape[2] == 4, boxes.shape[0] == scores.shape[0],
            boxes.shape[1] == scores.shape[2], boxes.type.dataType == .float32, scores.type.dataType == .float32
        else { throw GraphError(.shape, reader.type, "boxes are \(boxes.type), scores are \(scores.type)") }
        let search = BoxSearch(
            corners: BoxSearch.corners(boxes.doubles, isCentered: isCentered), scores: scores.doubles,
            most: min(max(most, 0), boxes.shape[1]), overlap: overlap, least: least)
        let count = boxes.shape[1]
        var rows: [Int64] = []
        for batch in 0..<scores.shape[0] {
            for kind in 0..<scores.shape[1] {
                let first = (batch * scores.shape[1] + kind) * count
                for box in search.chosen(count, boxes: batch * count, scores: first) {
                    rows += [Int64(batch), Int64(kind), Int64(box)]
                }
            }
        }
        self.rows = Tensor(rows, shape: [rows.count / 3, 3])
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) -> [ValueID] { [graph.constant(self.rows)] }
}

/// Boxes as corners, and the search for the best of them.
private struct BoxSearch {
    struct Corners {
        let top: Double
        let left: Double
        let bottom: Double
        let right: Double

        var area: Double { (self.bottom - self.top) * (self.right - self.left) }

        /// The common area divided by that of both together; 0 where there is none.
        func overlap(_ other: Corners) -> Double {
            let height = min(self.bottom, other.bottom) - max(self.top, other.top)
            let width = min(self.right, other.right) - max(self.left, other.left)
            guard height > 0, width > 0 else { return 0 }
            let common = height * width
            let whole = self.area + other.area - common
            return whole > 0 ? common / whole : 0
        }
    }

    let corners: [Corners]
    let scores: [Double]
    /// Boxes that are chosen at most.
    let most: Int
    /// A box that overlaps a chosen one by more is not chosen.
    let overlap: Double
    /// Scores must be larger.
    let least: Double

    /// From `[y1, x1, y2, x2]`, either corner first, or from `[x, y, width, height]` around a centre.
    static func corners(_ numbers: [Double], isCentered: Bool) -> [Corners] {
        stride(from: 0, to: numbers.count, by: 4).map { start in
            let (a, b, c, d) = (numbers[start], numbers[start + 1], numbers[start + 2], numbers[start + 3])
            return isCentered
                ? Corners(top: b - d / 2, left: a - c / 2, bottom: b + d / 2, right: a + c / 2)
                : Corners(top: min(a, c), left: min(b, d), bottom: max(a, c), right: max(b, d))
        }
    }

    /// The chosen of `count` boxes, best first; of equal scores the earlier box.
    func chosen(_ count: Int, boxes: Int, scores: Int) -> [Int] {
        let candidates = (0..<count).filter { self.scores[scores + $0] > self.least }.sorted { a, b in
            let (left, right) = (self.scores[scores + a], self.scores[scores + b])
            return left == right ? a < b : left > right
        }
        var chosen: [Int] = []
        for box in candidates where chosen.count < self.most {
            let corners = self.corners[boxes + box]
            if chosen.allSatisfy({ self.corners[boxes + $0].overlap(corners) <= self.overlap }) { chosen.append(box) }
        }
        return chosen
    }
}
