#if canImport(Glibc)
    import Glibc
#endif

/// Directories that are replaced whole: at every moment, power failure and `kill -9` included, the path leads to the
/// old or to the new content, or `recover` brings the old one back.
package enum AtomicDirectory {
    /// Told before each step of a replacement. An error of code `interrupted` stands for the death of the process:
    /// nothing is cleaned up then.
    package typealias StepHook = (_ step: String) throws(CheckpointError) -> Void

    /// Fills a temporary directory beside `path` and puts it in the place of `path`.
    ///
    /// - Parameters:
    ///   - exchange: Swap both directories in one system call where the file system can; else the old one is renamed
    ///     aside first. Tests turn it off.
    ///   - fill: Writes the files into the directory it is given, each with `FileWriter` or `AtomicFile`.
    package static func replace(
        _ path: String, exchange: Bool = true, step: StepHook = { (_) throws(CheckpointError) in },
        fill: (_ temporary: String) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let temporary = temporaryPath(beside: path)
        do throws(CheckpointError) {
            try step("create")
            guard mkdir(temporary, 0o755) == 0 else { throw CheckpointError.writing(path, written: 0, wanted: nil) }
            try fill(temporary)
            try step("synchronise")
            try synchroniseDirectory(temporary)
            try step("swap")
            try self.swap(temporary, path, exchange: exchange, step: step)
            try step("synchronise parent")
            try synchroniseDirectory(splitPath(path).directory)
            try step("remove old")
        } catch {
            if error.code != .interrupted { removeTree(temporary) }
            throw error
        }
        removeTree(temporary)
        removeTree(self.asidePath(path))
    }

    /// The directory to read for `path`: itself, or the old one when a swap was cut off in the middle.
    package static func current(_ path: String) -> String {
        if pathKind(path) == .directory { return path }
        let aside = self.asidePath(path)
        return pathKind(aside) == .directory ? aside : path
    }

    /// Repairs what a dead process left in `parent`: puts directories that were renamed aside back, removes
    /// temporary ones. Only the one process that may write there calls it.
    package static func recover(in parent: String) throws(CheckpointError) {
        for name in try directoryEntries(parent) where name.hasPrefix(".") {
            let leftover = "\(parent)/\(name)"
            if name.hasSuffix(self.asideEnding) {
                let path = "\(parent)/\(name.dropFirst().dropLast(self.asideEnding.count))"
                if pathKind(path) == .nothing {
                    guard rename(leftover, path) == 0 else { throw .writing(path, written: 0, wanted: nil) }
                } else {
                    removeTree(leftover)
                }
            } else if name.hasSuffix(".tmp") {
                removeTree(leftover)
            }
        }
        try synchroniseDirectory(parent)
    }

    private static let asideEnding = ".old"

    private static func asidePath(_ path: String) -> String {
        let (directory, name) = splitPath(path)
        return "\(directory)/.\(name)\(self.asideEnding)"
    }

    private static func swap(
        _ temporary: String, _ path: String, exchange: Bool, step: StepHook
    ) throws(CheckpointError) {
        if pathKind(path) == .nothing {
            guard rename(temporary, path) == 0 else { throw .writing(path, written: 0, wanted: nil) }
            return
        }
        if exchange && exchangePaths(temporary, path) { return }
        let aside = self.asidePath(path)
        removeTree(aside)
        guard rename(path, aside) == 0 else { throw .writing(path, written: 0, wanted: nil) }
        try step("put new in place")
        guard rename(temporary, path) == 0 else {
            let number = errno
            rename(aside, path)
            throw .writing(path, written: 0, wanted: nil, number)
        }
    }
}

/// Swaps two paths in one step; false where the kernel, the C library or the file system cannot.
private func exchangePaths(_ first: String, _ second: String) -> Bool {
    // The Swift overlay of glibc hides renameat2 behind _GNU_SOURCE.
    typealias RenameAt2 = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    let exchangeFlag: UInt32 = 2
    return unsafeBitCast(symbol, to: RenameAt2.self)(AT_FDCWD, first, AT_FDCWD, second, exchangeFlag) == 0
}
