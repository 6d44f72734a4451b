import Foundation
import NodeSuite

// model-mutants DIRECTORY... [--count N] [--first N] [--seed S] [--only N] [--seconds S] [--megabytes M] [--write FILE]
//
// Damages models, those of node tests or files, in N ways, loads each and runs what loads. Every mutant is given some processor
// seconds and some memory, in child processes, so that a trap is that of one mutant and the run goes on. `--only` runs
// one mutant in this process, for a debugger; `--write` saves its model. Ends with status 1 when any was at fault.
let options = Options(Array(CommandLine.arguments.dropFirst()))
if let only = options.only {
    let mutants = try Mutants(directories: options.directories, seed: options.seed)
    print(mutants.description(of: only))
    if let path = options.write { try Data(try mutants.bytes(of: only)).write(to: URL(fileURLWithPath: path)) }
    print(try mutants.run(only))
} else if options.isChild {
    try Child(options).run()
} else {
    let tally = try Supervisor(options).run()
    print(tally.text)
    exit(tally.faults == 0 ? 0 : 1)
}
