import Yams

#if canImport(Glibc)
    import Glibc
#endif

/// The directory of one training run.
///
/// `config.yaml`, `manifest.json`, and `checkpoints/{best,last,interrupted,epoch_N}/` with `weights.safetensors`,
/// `optimizer.safetensors`, `state.json` and a `manifest.json` of lengths and SHA-256 sums. A checkpoint is replaced
/// whole, so that the death of the process at any moment leaves the old or the new one. One process writes, others
/// may read meanwhile.
package final class RunDirectory: Sendable {
    package let path: String
    package let manifest: RunManifest
    /// The text of `config.yaml`.
    package let config: String
    /// Holds the lock of a writer until the object goes; -1 for a reader.
    private let lock: Int32

    private init(path: String, manifest: RunManifest, config: String, lock: Int32) {
        self.path = path
        self.manifest = manifest
        self.config = config
        self.lock = lock
    }

    deinit {
        if self.lock >= 0 { close(self.lock) }
    }

    var checkpointsPath: String { "\(self.path)/checkpoints" }

    /// Makes a new run at `path`, which must not hold one, and locks it for writing.
    ///
    /// - Parameters:
    ///   - config: YAML, kept byte for byte.
    ///   - files: Further files of the run by name, recorded in the manifest.
    package static func create(
        at path: String, config: String, manifest: RunManifest, files: [String: [UInt8]] = [:]
    ) throws(CheckpointError) -> RunDirectory {
        do {
            _ = try Yams.compose(yaml: config)
        } catch {
            throw CheckpointError(.malformed, "config.yaml", "not YAML: \(error)")
        }
        try makeDirectory(path)
        let lock = try self.lockForWriting(path)
        do throws(CheckpointError) {
            try self.requireEmpty(path)
        } catch {
            close(lock)
            throw error
        }
        do throws(CheckpointError) {
            try makeDirectory("\(path)/checkpoints")
            var manifest = manifest
            manifest.files["config.yaml"] = try AtomicFile.write(Array(config.utf8), to: "\(path)/config.yaml")
            for (name, content) in files {
                precondition(!name.contains("/") && name != "manifest.json", "the file name \(name)")
                manifest.files[name] = try AtomicFile.write(content, to: "\(path)/\(name)")
            }
            // Last, so that a run with a manifest is whole.
            try AtomicFile.write(encodeJSON(manifest, file: "manifest.json"), to: "\(path)/manifest.json")
            return RunDirectory(path: path, manifest: manifest, config: config, lock: lock)
        } catch {
            removeTree(path)
            close(lock)
            throw error
        }
    }

    /// Nothing but a lock is there.
    private static func requireEmpty(_ path: String) throws(CheckpointError) {
        guard pathKind("\(path)/manifest.json") == .nothing else {
            throw CheckpointError(.cannotWrite, path, "a run exists here; resume it or choose another directory")
        }
        guard let other = try directoryEntries(path).first(where: { $0 != ".lock" }) else { return }
        throw CheckpointError(.cannotWrite, path, "the directory is not empty (\(other)); choose another or a new one")
    }

    /// Removes the run with everything in it; for one that could not be begun.
    package func discard() {
        self.requireWriter()
        removeTree(self.path)
    }

    /// Opens a run and checks its files against its manifest.
    ///
    /// - Parameter forWriting: Take the lock, and repair what a dead process has left.
    package static func open(at path: String, forWriting: Bool) throws(CheckpointError) -> RunDirectory {
        guard pathKind(path) == .directory else { throw CheckpointError(.notFound, path, "no such run directory") }
        let lock = forWriting ? try self.lockForWriting(path) : -1
        do throws(CheckpointError) {
            let manifestPath = "\(path)/manifest.json"
            let manifest = try decodeJSON(RunManifest.self, AtomicFile.read(manifestPath), file: manifestPath)
            try checkFormat(manifest.formatVersion, manifestPath)
            for (name, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
                guard isPlainName(name) else {
                    throw CheckpointError(.malformed, manifestPath, "lists a file outside the directory")
                }
                let advice = "restore it from a copy, or start a new run"
                try verify(digest(ofFile: "\(path)/\(name)"), expected, file: "\(path)/\(name)", advice: advice)
            }
            let bytes = try AtomicFile.read("\(path)/config.yaml")
            guard let config = String(validating: bytes, as: UTF8.self) else {
                throw CheckpointError(.malformed, "\(path)/config.yaml", "not UTF-8")
            }
            if forWriting {
                try makeDirectory("\(path)/checkpoints")
                try AtomicDirectory.recover(in: "\(path)/checkpoints")
            }
            return RunDirectory(path: path, manifest: manifest, config: config, lock: lock)
        } catch {
            if lock >= 0 { close(lock) }
            throw error
        }
    }

    /// The checkpoints that exist: best, last, interrupted, then the epochs ascending.
    package func checkpoints() throws(CheckpointError) -> [CheckpointName] {
        var names: Set<CheckpointName> = []
        for entry in try directoryEntries(self.checkpointsPath) {
            // A directory that a dead process had renamed aside counts.
            let isAside = entry.hasPrefix(".") && entry.hasSuffix(".old")
            let text = isAside ? String(entry.dropFirst().dropLast(4)) : entry
            if let name = CheckpointName(text) { names.insert(name) }
        }
        return names.sorted { Self.order($0) < Self.order($1) }
    }

    /// The checkpoint that is meant when none is named: the best, or the last where no best one was kept.
    package func preferredCheckpoint() throws(CheckpointError) -> CheckpointName {
        let found = try self.checkpoints()
        guard let name = [CheckpointName.best, .last].first(where: found.contains) else {
            let list = found.map(\.description).joined(separator: ", ")
            let hint = found.isEmpty ? "train first" : "name one with --checkpoint: \(list)"
            throw CheckpointError(.notFound, self.path, "has neither a best nor a last checkpoint; \(hint)")
        }
        return name
    }

    /// Removes the checkpoints of single epochs that `policy` does not keep, and says which.
    @discardableResult
    package func retain(_ policy: RetentionPolicy) throws(CheckpointError) -> [CheckpointName] {
        self.requireWriter()
        let epochs = try self.checkpoints().compactMap { name in
            if case .epoch(let number) = name { number } else { nil }
        }
        let removed = policy.removed(from: epochs).map { CheckpointName.epoch($0) }
        for name in removed { try self.remove(name) }
        return removed
    }

    /// Removes a checkpoint; one that does not exist is fine.
    package func remove(_ name: CheckpointName) throws(CheckpointError) {
        self.requireWriter()
        let path = "\(self.checkpointsPath)/\(name)"
        // Renamed first, so that half a checkpoint never has a checkpoint's name.
        let temporary = temporaryPath(beside: path)
        guard rename(path, temporary) == 0 || errno == ENOENT else { throw .writing(path, written: 0, wanted: nil) }
        removeTree(temporary)
    }

    func requireWriter() {
        precondition(self.lock >= 0, "the run directory is open for reading")
    }

    private static func order(_ name: CheckpointName) -> Int {
        switch name {
        case .best: -3
        case .last: -2
        case .interrupted: -1
        case .epoch(let number): number
        }
    }

    private static func lockForWriting(_ path: String) throws(CheckpointError) -> Int32 {
        let file = "\(path)/.lock"
        let descriptor = Glibc.open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .writing(file, written: 0, wanted: nil) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw .writing(file, written: 0, wanted: nil, number) }
            throw CheckpointError(.locked, path, "another process is writing in this run; wait for it or stop it")
        }
        return descriptor
    }
}

/// Whether a name from a manifest stays in its directory.
func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("/") && !name.contains("\0") && name != "." && name != ".."
}

func checkFormat(_ version: Int, _ file: String) throws(CheckpointError) {
    guard version == RunManifest.currentFormat else {
        let message = "format version \(version), this program reads \(RunManifest.currentFormat); use the version that wrote it"
        throw CheckpointError(.unsupported, file, message)
    }
}

/// Compares a file with its manifest.
func verify(_ found: FileDigest, _ expected: FileDigest, file: String, advice: String) throws(CheckpointError) {
    guard found.byteCount == expected.byteCount else {
        let message = "\(found.byteCount) bytes where the manifest says \(expected.byteCount); the file is damaged; \(advice)"
        throw CheckpointError(.corrupted, file, message)
    }
    guard found.sha256 == expected.sha256 else {
        throw CheckpointError(.corrupted, file, "its SHA-256 is not the one in the manifest; the file is damaged; \(advice)")
    }
}
