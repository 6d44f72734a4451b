import Foundation
import Graph
import Index
import Kernels
import TestSupport

/// A directory that is removed with the value.
final class TemporaryFolder {
    let path: String

    init() {
        self.path = FileManager.default.temporaryDirectory.appendingPathComponent("dr-index-\(UUID().uuidString)").path
        mkdir(self.path, 0o755)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// A path for an index that does not exist yet.
    var index: String { self.path + "/index" }
}

/// What was given, or a failure to be expected.
func code(_ body: () throws -> Void) -> IndexError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? IndexError)?.code
    }
}

/// Models and vectors of tests.
enum Sample {
    static func model(_ dimension: Int, _ digit: Character = "a") -> IndexModel {
        IndexModel(sha256: String(repeating: digit, count: 64), dimension: dimension)
    }

    /// Rows `[count][dimension]` of the generator that the golden files share, scaled to length 1 as they do it.
    static func unitRows(_ name: String, _ count: Int, _ dimension: Int) -> [[Float]] {
        let tensor = GoldenGenerator.uniform(name, shape: [count, dimension], scale: 1)
        return tensor.withElements(as: Float.self) { elements in
            (0..<count).map { Self.unit(Array(elements[$0 * dimension..<($0 + 1) * dimension])) }
        }
    }

    static func unit(_ row: [Float]) -> [Float] {
        let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return row.map { Float(Double($0) / length) }
    }

    static func block(_ rows: [[Float]]) -> VectorBlock {
        VectorBlock(count: rows.count, dimension: rows[0].count) { row, elements in
            _ = elements.update(fromContentsOf: rows[row])
        }
    }

    static func entries(_ rows: [[Float]], from first: Int = 0) -> [IndexEntry] {
        rows.enumerated().map { offset, row in
            let number = first + offset
            return IndexEntry(id: "e\(number)", patient: "p\(number / 3)", labels: UInt64(number % 8), embedding: row)
        }
    }
}
