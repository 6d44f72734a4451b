import Foundation
import NodeSuite
import Testing

/// Damaged models of the node tests load and run or are refused; `model-mutants` tries many more, each in a process that may die.
@Suite struct MutantTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func damagedModelsNeverTrap() throws {
        guard let directory = SuiteRun.directory(inPackage: Self.root.path) else {
            print("skipped: damaged models of the node cases of onnx 1.20.1, which are not in .build/onnx-node")
            return
        }
        let mutants = try Mutants(directory: directory, seed: 7)
        var ran = 0
        for number in 0..<3000 {
            if case .ran = try mutants.run(number) { ran += 1 }
        }
        #expect(ran > 100)
    }
}
