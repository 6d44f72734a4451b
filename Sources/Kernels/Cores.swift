import CKernels

#if canImport(Glibc)
    import Glibc
#endif

/// The cores that this process may use.
package enum Cores {
    /// Numbers of the cores of the process's affinity mask, in order.
    package static var allowed: [Int] {
        var cores = [Int32](repeating: 0, count: 1024)
        let count = ck_allowed_cores(&cores, cores.count)
        return count > 0 ? cores.prefix(count).map { Int($0) } : [0]
    }

    /// How many threads can compute at the same time, the programs' default: the allowed cores, or the CPU time that a container
    /// or service is given, rounded up, where that is less. At least 1.
    package static var count: Int {
        let quotas = Self.groupFolders(in: Self.text("/proc/self/cgroup")).compactMap(Self.quota(ofGroup:))
        return max(1, min(Self.allowed.count, quotas.min() ?? Int.max))
    }

    /// The folders that may bound the CPU time of a process, from the text of `/proc/self/cgroup`: those of its group of
    /// cgroup 2 (`0::/services/drd`) and of the controller `cpu` of cgroup 1 (`4:cpu,cpuacct:/drd`), and of the groups above.
    package static func groupFolders(in text: String) -> [String] {
        text.split(separator: "\n").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, fields[1].isEmpty || fields[1].split(separator: ",").contains("cpu") else { return [] }
            var folders = [fields[1].isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu"]
            for name in fields[2].split(separator: "/") { folders.append("\(folders[folders.count - 1])/\(name)") }
            return folders
        }
    }

    private static func quota(ofGroup folder: String) -> Int? {
        let old = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map { Self.text("\(folder)/\($0)") }.joined(separator: " ")
        return Self.quota(in: Self.text("\(folder)/cpu.max")) ?? Self.quota(in: old)
    }

    /// Cores' worth of CPU time from the text of `cpu.max`, `max 100000` or `150000 100000`; nil for no limit.
    package static func quota(in text: String) -> Int? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0, period > 0 else {
            return nil
        }
        return max(1, Int((quota / period).rounded(.up)))
    }

    /// Keeps the calling thread, and threads that it starts, on these cores; nothing happens where the system refuses.
    package static func pinCallingThread(to cores: [Int]) {
        let numbers = cores.map { Int32(clamping: $0) }
        ck_pin_thread(numbers, numbers.count)
    }

    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : ""
    }
}
