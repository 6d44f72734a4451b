import Graph

#if canImport(Glibc)
    import Glibc
#endif

extension RunDirectory {
    private static let weightsFile = "weights.safetensors"
    private static let optimizerFile = "optimizer.safetensors"
    private static let stateFile = "state.json"
    private static let manifestFile = "manifest.json"

    /// Writes a checkpoint and puts it in the place of an earlier one of that name, in one step and only when every
    /// byte is on the disk. On an error the earlier one stays and nothing is left behind.
    ///
    /// - Parameters:
    ///   - step: Told before each step; see `AtomicDirectory.StepHook`.
    ///   - exchange: See `AtomicDirectory.replace`.
    package func save<State: Encodable & Sendable>(
        _ checkpoint: Checkpoint<State>, as name: CheckpointName, exchange: Bool = true,
        step: AtomicDirectory.StepHook = { (_) throws(CheckpointError) in }
    ) throws(CheckpointError) {
        self.requireWriter()
        let path = "\(self.checkpointsPath)/\(name)"
        let state = try encodeJSON(checkpoint.state, file: "\(path)/\(Self.stateFile)")
        try AtomicDirectory.replace(path, exchange: exchange, step: step) { (directory) throws(CheckpointError) in
            var files: [String: FileDigest] = [:]
            for (file, tensors) in [(Self.weightsFile, checkpoint.weights), (Self.optimizerFile, checkpoint.optimizer)] {
                try step("write \(file)")
                files[file] = try Safetensors.write(tensors, to: "\(directory)/\(file)")
            }
            try step("write \(Self.stateFile)")
            files[Self.stateFile] = try AtomicFile.write(state, to: "\(directory)/\(Self.stateFile)")
            try step("write \(Self.manifestFile)")
            let manifest = CheckpointManifest(formatVersion: RunManifest.currentFormat, files: files)
            try AtomicFile.write(encodeJSON(manifest, file: Self.manifestFile), to: "\(directory)/\(Self.manifestFile)")
        }
    }

    /// Makes `target` the same checkpoint as `source` without writing the tensors again: both names share the files,
    /// which never change once written.
    package func link(_ source: CheckpointName, as target: CheckpointName) throws(CheckpointError) {
        self.requireWriter()
        let from = "\(self.checkpointsPath)/\(source)"
        let names = try directoryEntries(from)
        try AtomicDirectory.replace("\(self.checkpointsPath)/\(target)") { (directory) throws(CheckpointError) in
            for name in names where Glibc.link("\(from)/\(name)", "\(directory)/\(name)") != 0 {
                // A file system without hard links.
                let bytes = try MappedFile("\(from)/\(name)")
                try AtomicFile.write(to: "\(directory)/\(name)", byteCount: bytes.byteCount) { (writer) throws(CheckpointError) in
                    try bytes.withBytes { (bytes) throws(CheckpointError) in try writer.write(bytes) }
                }
            }
        }
    }

    /// Reads a checkpoint after checking the length and SHA-256 of each of its files. The tensors view mapped files.
    ///
    /// - Parameter withOptimizer: false leaves the optimizer's tensors unread, for evaluation and export.
    package func load<State: Decodable & Sendable>(
        _ name: CheckpointName, state: State.Type, withOptimizer: Bool = true
    ) throws(CheckpointError) -> Checkpoint<State> {
        let path = "\(self.checkpointsPath)/\(name)"
        var attemptsLeft = 3
        while true {
            let directory = AtomicDirectory.current(path)
            let before = inode(directory)
            do throws(CheckpointError) {
                return try self.read(name, from: directory, state: state, withOptimizer: withOptimizer)
            } catch {
                // A training process may have replaced the checkpoint while it was read.
                attemptsLeft -= 1
                guard attemptsLeft > 0, inode(AtomicDirectory.current(path)) != before else { throw error }
            }
        }
    }

    private func read<State: Decodable & Sendable>(
        _ name: CheckpointName, from directory: String, state: State.Type, withOptimizer: Bool
    ) throws(CheckpointError) -> Checkpoint<State> {
        let others = ((try? self.checkpoints()) ?? []).filter { $0 != name }.map(\.description)
        let advice = others.isEmpty ? "there is no other checkpoint" : "use another checkpoint: \(shortList(others))"
        guard pathKind(directory) == .directory else {
            throw CheckpointError(.notFound, directory, "no such checkpoint; \(advice)")
        }
        let manifestPath = "\(directory)/\(Self.manifestFile)"
        let manifest: CheckpointManifest
        do throws(CheckpointError) {
            manifest = try decodeJSON(CheckpointManifest.self, AtomicFile.read(manifestPath), file: manifestPath)
        } catch {
            throw CheckpointError(error.code, error.subject, "\(error.message); the checkpoint is damaged; \(advice)")
        }
        try checkFormat(manifest.formatVersion, manifestPath)
        func verified(_ file: String) throws(CheckpointError) -> MappedFile {
            let path = "\(directory)/\(file)"
            guard let expected = manifest.files[file] else {
                throw CheckpointError(.corrupted, manifestPath, "does not list \(file); the file is damaged; \(advice)")
            }
            let mapped: MappedFile
            do throws(CheckpointError) {
                mapped = try MappedFile(path)
            } catch {
                throw CheckpointError(.corrupted, path, "\(error.message); the checkpoint is damaged; \(advice)")
            }
            // The length first: hashing a long file for nothing takes seconds.
            if mapped.byteCount == expected.byteCount {
                try verify(mapped.digest(), expected, file: path, advice: advice)
            } else {
                let found = FileDigest(byteCount: mapped.byteCount, sha256: "")
                try verify(found, expected, file: path, advice: advice)
            }
            return mapped
        }
        let weights = try Safetensors.read(verified(Self.weightsFile)).tensors
        let optimizer = withOptimizer ? try Safetensors.read(verified(Self.optimizerFile)).tensors : [:]
        let text = try verified(Self.stateFile).withBytes { (bytes) throws(CheckpointError) in Array(bytes) }
        let value = try decodeJSON(State.self, text, file: "\(directory)/\(Self.stateFile)")
        return Checkpoint(weights: weights, optimizer: optimizer, state: value)
    }
}

/// The identity of a directory; 0 where there is none.
private func inode(_ path: String) -> UInt {
    var status = stat()
    return stat(path, &status) == 0 ? UInt(status.st_ino) : 0
}
