import Foundation

/// What the command line says.
struct Options {
    var directories: [String] = []
    var first = 0
    var count = 10_000
    var seed: UInt64 = 1
    var only: Int?
    var write: String?
    /// Processor seconds of one mutant.
    var seconds = 2.0
    /// Memory of one mutant beyond what the process has.
    var megabytes = 256
    /// Runs a batch and reports to a supervisor.
    var isChild = false

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--first": self.first = Self.number(&rest)
            case "--count": self.count = Self.number(&rest)
            case "--seed": self.seed = Self.number(&rest)
            case "--only": self.only = Self.number(&rest)
            case "--seconds": self.seconds = Self.number(&rest)
            case "--megabytes": self.megabytes = Self.number(&rest)
            case "--write": self.write = rest.popFirst()
            case "--child": self.isChild = true
            default: self.directories.append(argument)
            }
        }
        guard !self.directories.isEmpty else { Self.stop() }
    }

    /// The arguments of a child for one batch.
    func batch(_ range: Range<Int>) -> [String] {
        self.directories + [
            "--child", "--first", "\(range.lowerBound)", "--count", "\(range.count)", "--seed", "\(self.seed)",
            "--megabytes", "\(self.megabytes)",
        ]
    }

    private static func number<Number: LosslessStringConvertible>(_ rest: inout ArraySlice<String>) -> Number {
        guard let text = rest.popFirst(), let number = Number(text) else { self.stop() }
        return number
    }

    private static func stop() -> Never {
        print("usage: model-mutants DIRECTORY... [--count N] [--first N] [--seed S] [--only N] [--seconds S] [--megabytes M]")
        exit(2)
    }
}
