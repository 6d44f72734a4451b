import Foundation
import NodeSuite
import Testing

/// Damaged models load and run or are refused; `model-mutants` tries many more, each in a process that may die.
@Suite struct MutantTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func damagedModelsNeverTrap() throws {
        guard let directory = SuiteRun.directory(inPackage: Self.root.path) else {
            print("skipped: damaged models of the node cases of onnx 1.20.1, which are not in .build/onnx-node")
            return
        }
        #expect(try Self.ran(Mutants(directories: [directory], seed: 7), of: 3000) > 100)
    }

    /// Those that products of bytes are found in.
    @Test func damagedQuantisedModelsNeverTrap() throws {
        let directory = Self.root.appendingPathComponent("Tests/Golden/quantized").path
        #expect(try Self.ran(Mutants(directories: [directory], seed: 7), of: 200) > 20)
    }

    /// How many of the first mutants load and run.
    private static func ran(_ mutants: Mutants, of count: Int) throws -> Int {
        try (0..<count).count { if case .ran = try mutants.run($0) { true } else { false } }
    }
}
