import NodeSuite

// node-suite DIRECTORY [--written] [FILTER]: runs the cases whose name contains FILTER, one line each: `pass NAME` or `fail NAME: why`.
var arguments = Array(CommandLine.arguments.dropFirst())
let isWritten = arguments.contains("--written")
arguments.removeAll { $0 == "--written" }
guard let directory = arguments.first else { fatalError("usage: node-suite DIRECTORY [--written] [FILTER]") }
let filter = arguments.dropFirst().first ?? ""
var passed = 0
var total = 0
for nodeCase in try NodeCase.all(in: directory) where filter.isEmpty || nodeCase.name.contains(filter) {
    total += 1
    if let failure = nodeCase.failure(isWritten ? .written : .session) {
        print("fail \(nodeCase.name): \(failure)")
    } else {
        passed += 1
        print("pass \(nodeCase.name)")
    }
}
print("\(passed) of \(total) pass")
