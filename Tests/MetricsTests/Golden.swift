import Foundation

/// A golden file: the versions of the tools that wrote it and what they wrote.
struct Golden<Content: Decodable>: Decodable {
    let versions: [String: String]
    let content: Content

    static func load(_ name: String, from path: String = #filePath) throws -> Content {
        let tests = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appendingPathComponent("Golden/metrics").appendingPathComponent(name)
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)).content
    }
}

/// Whether two values are both undefined, or both finite and within `tolerance`.
func agrees(_ actual: Double?, _ expected: Double?, within tolerance: Double = 1e-9) -> Bool {
    guard let actual, let expected else { return actual == nil && expected == nil }
    return actual.isFinite && expected.isFinite && abs(actual - expected) <= tolerance
}

/// The same for lists, element by element.
func agrees(_ actual: [Double?], _ expected: [Double?], within tolerance: Double = 1e-9) -> Bool {
    actual.count == expected.count && zip(actual, expected).allSatisfy { agrees($0, $1, within: tolerance) }
}
