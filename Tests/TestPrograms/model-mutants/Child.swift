import Foundation
import NodeSuite

/// Runs a batch of mutants and says on standard output when each begins (`s N`) and how it ended (`ran N KIB`).
struct Child {
    private let options: Options

    init(_ options: Options) {
        self.options = options
    }

    func run() throws {
        let mutants = try Mutants(directories: self.options.directories, seed: self.options.seed)
        // Far above what is allowed, so that one mutant cannot take the machine with it.
        let most = rlim_t(Self.kibibytes("VmSize") << 10 + 8 * self.options.megabytes << 20)
        var limit = rlimit(rlim_cur: most, rlim_max: most)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        for number in self.options.first..<self.options.first + self.options.count {
            Self.say("s \(number)\n")
            Self.resetPeak()
            let before = Self.kibibytes("VmRSS")
            let outcome = try mutants.run(number)
            Self.say("\(outcome.word) \(number) \(max(Self.kibibytes("VmHWM") - before, 0))\n")
        }
    }

    /// Without a buffer, so that nothing is lost when the next mutant traps.
    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    }

    /// Makes the peak of resident memory what is resident now.
    private static func resetPeak() {
        let file = unsafe open("/proc/self/clear_refs", O_WRONLY)
        guard file >= 0 else { return }
        _ = unsafe write(file, "5", 1)
        close(file)
    }

    private static func kibibytes(_ name: String) -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") })
        else { return 0 }
        return Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "0") ?? 0
    }
}
