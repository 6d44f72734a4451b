import Foundation
import NodeSuite

/// How the mutants ended.
struct Tally {
    var refused = 0
    var ran = 0
    var trapped = 0
    var hung = 0
    var tooMuchMemory = 0

    var faults: Int { self.trapped + self.hung + self.tooMuchMemory }

    var text: String {
        "\(self.refused) refused, \(self.ran) ran, \(self.trapped) trapped, \(self.hung) hung, "
            + "\(self.tooMuchMemory) took too much memory"
    }
}

/// Gives batches to children, watches them, and goes on after the mutant at which one ends.
struct Supervisor {
    private static let batch = 1000

    private let options: Options
    private let mutants: Mutants
    private var tally = Tally()

    init(_ options: Options) throws {
        self.options = options
        self.mutants = try Mutants(directories: options.directories, seed: options.seed)
        guard !self.mutants.isEmpty else {
            print("no models below \(options.directories)")
            exit(2)
        }
    }

    consuming func run() throws -> Tally {
        var next = self.options.first
        let end = next + self.options.count
        while next < end { next = try self.supervise(next..<min(next + Self.batch, end)) }
        return self.tally
    }

    /// Runs a child until its batch is done or a mutant ends it; returns the mutant to go on with.
    private mutating func supervise(_ range: Range<Int>) throws -> Int {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = self.options.batch(range)
        child.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        let output = Pipe()
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent("mutants-\(UUID().uuidString).txt")
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        child.standardOutput = output
        child.standardError = try FileHandle(forWritingTo: errors)
        try child.run()
        try? output.fileHandleForWriting.close()
        let pipe = output.fileHandleForReading.fileDescriptor
        var current: Int?
        var started = 0.0
        var done = range.lowerBound
        var text: [UInt8] = []
        while true {
            var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, 200)
            if ready == 0 {
                if let current, Self.processorSeconds(child.processIdentifier) - started > self.options.seconds {
                    kill(child.processIdentifier, SIGKILL)
                    child.waitUntilExit()
                    self.tally.hung += 1
                    self.report("hung", current)
                    return current + 1
                }
                continue
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(pipe, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer.prefix(count)
            while let newline = text.firstIndex(of: 10) {
                let words = String(decoding: text[..<newline], as: UTF8.self).split(separator: " ")
                text.removeSubrange(...newline)
                guard words.count >= 2, let number = Int(words[1]) else { continue }
                if words[0] == "s" {
                    current = number
                    started = Self.processorSeconds(child.processIdentifier)
                } else {
                    current = nil
                    done = number + 1
                    self.count(String(words[0]), number, kibibytes: words.count > 2 ? Int(words[2]) ?? 0 : 0)
                }
            }
        }
        child.waitUntilExit()
        guard let current else {
            guard done == range.upperBound else {
                print("a child ended with status \(child.terminationStatus) outside a mutant: \(Self.lastLines(errors))")
                exit(2)
            }
            return done
        }
        self.tally.trapped += 1
        self.report("trapped", current, Self.lastLines(errors))
        return current + 1
    }

    private mutating func count(_ outcome: String, _ number: Int, kibibytes: Int) {
        if outcome == "ran" { self.tally.ran += 1 } else { self.tally.refused += 1 }
        if kibibytes > self.options.megabytes << 10 {
            self.tally.tooMuchMemory += 1
            self.report("too much memory: \(kibibytes >> 10) MiB", number)
        }
    }

    private func report(_ what: String, _ number: Int, _ detail: String = "") {
        print("\(what): --seed \(self.options.seed) --only \(number) (\(self.mutants.description(of: number))) \(detail)")
        fflush(nil)
    }

    private static func lastLines(_ file: URL) -> String {
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(3).joined(separator: " | ")
    }

    /// User and system time of a process so far.
    private static func processorSeconds(_ process: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return 0 }
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
