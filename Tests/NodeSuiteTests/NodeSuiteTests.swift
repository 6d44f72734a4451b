import Foundation
import NodeSuite
import Testing

/// The node tests of the ONNX package: what the list says passes, and nothing else does.
@Suite struct NodeSuiteTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func listed() throws -> Set<String> {
        let text = try String(contentsOf: Self.root.appendingPathComponent("Tests/Golden/node.txt"), encoding: .utf8)
        return Set(text.split(separator: "\n").map(String.init))
    }

    private static func suite(_ way: NodeCase.Way) throws -> SuiteRun? {
        guard let directory = SuiteRun.directory(inPackage: Self.root.path) else {
            print("skipped: the node cases of onnx 1.20.1 are not in .build/onnx-node")
            return nil
        }
        return try SuiteRun(directory: directory, way: way)
    }

    @Test func exactlyTheListedCasesPass() throws {
        guard let suite = try Self.suite(.session) else { return }
        #expect(suite.results.count == 1653)
        let listed = try Self.listed()
        for result in suite.results {
            if let failure = result.failure {
                #expect(!listed.contains(result.name), "\(result.name): \(failure)")
            } else {
                #expect(listed.contains(result.name), "\(result.name) passes and is not in Tests/Golden/node.txt")
            }
        }
    }

    @Test func theyPassAfterOurOwnWriter() throws {
        guard let suite = try Self.suite(.written) else { return }
        let listed = try Self.listed()
        for result in suite.results where listed.contains(result.name) {
            #expect(result.failure == nil, "\(result.name): \(result.failure ?? "")")
        }
    }
}
