import NodeSuite

// node-suite DIRECTORY [--written] [--page | --list] [FILTER]: runs the node cases whose name contains FILTER.
// One line each, `pass NAME` or `fail NAME: why`; --list prints the names that pass, --page a page of counts.
let options = CommandLine.arguments.dropFirst().filter { $0.hasPrefix("--") }
let words = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("--") }
guard let directory = words.first else { fatalError("usage: node-suite DIRECTORY [--written] [--page | --list] [FILTER]") }
let suite = try SuiteRun(
    directory: directory, way: options.contains("--written") ? .written : .session, filter: words.dropFirst().first ?? "")
if options.contains("--page") {
    print(suite.page, terminator: "")
} else if options.contains("--list") {
    for name in suite.passing { print(name) }
} else {
    for result in suite.results { print(result.failure.map { "fail \(result.name): \($0)" } ?? "pass \(result.name)") }
    print("\(suite.passing.count) of \(suite.results.count) pass")
}
