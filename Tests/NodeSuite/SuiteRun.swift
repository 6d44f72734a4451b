import Foundation

/// The results of all node cases, and what the project says of them.
package struct SuiteRun: Sendable {
    package struct Result: Sendable {
        package let name: String
        /// The operator of a case with one node, `several` for others.
        package let operation: String
        /// Nil when the case passes.
        package let failure: String?
    }

    package let results: [Result]

    /// Runs the cases below a directory whose name contains `filter`.
    package init(directory: String, way: NodeCase.Way = .session, filter: String = "") throws {
        self.results = try NodeCase.all(in: directory).filter { filter.isEmpty || $0.name.contains(filter) }.map { nodeCase in
            Result(name: nodeCase.name, operation: nodeCase.operation, failure: nodeCase.failure(way))
        }
    }

    package var passing: [String] { self.results.filter { $0.failure == nil }.map(\.name) }

    /// A page with the counts of each operator and the reason of each failure.
    package var page: String {
        let operations = Dictionary(grouping: self.results, by: \.operation).sorted { $0.key < $1.key }
        var lines = [
            "# ONNX coverage", "",
            "Node tests of the package `onnx` 1.20.1 that the runtime passes, with the suite's own bounds. "
                + "`Scripts/node-suite.sh --update` writes this page; `make test` compares each case with `Tests/Golden/node.txt`.",
            "", "\(self.passing.count) of \(self.results.count) cases pass.", "",
            "| operator | cases | pass |", "|---|---|---|",
        ]
        for (operation, results) in operations {
            lines.append("| \(operation) | \(results.count) | \(results.count(where: { $0.failure == nil })) |")
        }
        lines += ["", "## What does not pass", ""]
        for result in self.results {
            if let failure = result.failure { lines.append("- `\(result.name)`: \(failure)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Where the unpacked cases are, nil when they are not there.
    package static func directory(inPackage root: String) -> String? {
        let path = "\(root)/.build/onnx-node/onnx/backend/test/data/node"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
