import Graph

extension ModelCard {
    /// Whether `name` may name a model or a file: 1 to 64 of `A-Z a-z 0-9 _ . -`, not starting with a dot.
    package static func isName(_ name: some StringProtocol) -> Bool {
        let characters = name.utf8
        guard (1...64).contains(characters.count), characters.first != UInt8(ascii: ".") else { return false }
        return characters.allSatisfy { character in
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// Throws when a field is out of range, naming it.
    func check() throws(PipelineError) {
        try require(
            self.formatVersion == Self.currentFormat, "format_version", "is \(self.formatVersion), this version reads 1")
        try require(Self.isName(self.name), "name", "must be 1 to 64 letters, digits, underscores, dots and hyphens")
        try require(self.version >= 1, "version", "must be 1 or more")
        try require(self.parameterCount >= 0, "parameters", "must not be negative")
        try require(!self.input.isEmpty, "input", "is empty")
        try require(!self.output.isEmpty, "output", "is empty")
        try self.checkFiles()
        try self.task.check()
        try self.bfloat16?.check()
        try require(!self.goldenSamples.isEmpty, "golden_samples", "is empty; a model without one can never be ready")
        for (index, sample) in self.goldenSamples.enumerated() {
            try self.check(sample, "golden_samples.\(index)")
        }
    }

    private func checkFiles() throws(PipelineError) {
        try require(self.files[Self.modelFileName] != nil, "files", "does not list \(Self.modelFileName)")
        for (name, file) in self.files {
            try require(Self.isName(name), "files", "has a name that is not allowed")
            try require(file.bytes >= 0, "files.\(name).bytes", "must not be negative")
            let isHash =
                file.sha256.utf8.count == 64
                && file.sha256.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
            try require(isHash, "files.\(name).sha256", "must be 64 lower-case hexadecimal digits")
            let partCount = FileDigest.partCount(bytes: file.bytes)
            try require((file.parts?.count ?? partCount) == partCount, "files.\(name).parts", "must be \(partCount) hashes")
        }
    }

    private func check(_ sample: GoldenSample, _ field: String) throws(PipelineError) {
        let shape = sample.input.shape
        let count = TensorType.checkedElementCount(shape, byteCount: 4) ?? -1
        try require(
            (4...5).contains(shape.count) && (1...SeededInput.largestElementCount).contains(count), "\(field).input.shape",
            "must be four or five sizes of a reasonable product")
        let (low, high) = (sample.input.low, sample.input.high)
        try require(low.isFinite && high.isFinite && low <= high, "\(field).input.low", "must be finite and at most high")
        try require(
            sample.tolerance.isFinite && (0...GoldenSample.mostTolerance).contains(sample.tolerance), "\(field).tolerance",
            "must be 0 to 0.1")
        try require(sample.outputs.allSatisfy(\.isFinite), "\(field).outputs", "must be finite")
        let expected = TensorType.checkedElementCount(self.task.outputShape(batch: shape[0]), byteCount: 4)
        try require((1...(1 << 20)).contains(sample.stride ?? 1), "\(field).stride", "must be 1 or more")
        try require(
            expected.map(sample.expectedCount) == sample.outputs.count, "\(field).outputs",
            "must be one for each element of the output")
    }
}

extension ModelTask {
    /// Throws when a field is out of range, naming it.
    package func check() throws(PipelineError) {
        switch self {
        case .screening(let task): try task.check()
        case .segmentation(let task): try task.check()
        case .retrieval(let task): try task.check()
        }
    }
}

extension RetrievalTask {
    /// Throws when a field is out of range, naming it.
    fileprivate func check() throws(PipelineError) {
        try require((1...64).contains(self.labelNames.count), "task.labelNames", "must be 1 to 64 names")
        try require(Set(self.labelNames).count == self.labelNames.count, "task.labelNames", "has a name twice")
        try require((1...65536).contains(self.embeddingLength), "task.embeddingLength", "must be 1 to 65536")
    }
}

extension SegmentationTask {
    /// Throws when a field is out of range, naming it.
    fileprivate func check() throws(PipelineError) {
        try require((1...255).contains(self.classNames.count), "task.classNames", "must be 1 to 255 names")
        try require(Set(self.classNames).count == self.classNames.count, "task.classNames", "has a name twice")
        try require(self.threshold > 0 && self.threshold < 1, "task.threshold", "must be above 0 and below 1")
    }
}

extension ScreeningTask {
    /// Throws when a field is out of range, naming it.
    fileprivate func check() throws(PipelineError) {
        try require((2...1024).contains(self.classNames.count), "task.classNames", "must be 2 to 1024 names")
        try require(Set(self.classNames).count == self.classNames.count, "task.classNames", "has a name twice")
        try require(self.temperature.isFinite && self.temperature > 0, "task.temperature", "must be positive")
        try require((0...1).contains(self.referableThreshold), "task.referableThreshold", "must be 0 to 1")
        if let first = self.referableFrom {
            try require(self.classNames.indices.contains(first), "task.referableFrom", "must be the index of a class")
        }
    }
}

private func require(_ holds: Bool, _ field: String, _ message: String) throws(PipelineError) {
    guard holds else { throw PipelineError(.card, ModelCard.fileName, "the field \(field) \(message)") }
}
