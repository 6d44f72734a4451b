/// `adapter_config.json` of a LoRA adapter, as Hugging Face PEFT writes it; unknown keys are passed over.
package struct PEFTConfiguration: Sendable, Hashable {
    /// Rank of the adapters.
    package var rank: Int
    package var alpha: Double
    package var dropout: Double = 0
    /// Module names; a module is adapted when its dotted name is one of them or ends with `.` and one of them.
    package var targetModules: [String]
    package var fanInFanOut = false
    /// s = α/√r instead of α/r.
    package var usesRankStabilisedScale = false
    /// Other ranks and alphas for modules whose name is the key or ends with `.` and the key.
    package var rankPattern: [String: Int] = [:]
    package var alphaPattern: [String: Double] = [:]
    /// Modules that are trained and stored whole.
    package var modulesToSave: [String] = []
    package var taskType: String? = "FEATURE_EXTRACTION"
    package var baseModel: String?

    package init(rank: Int, alpha: Double, targetModules: [String]) {
        self.rank = rank
        self.alpha = alpha
        self.targetModules = targetModules
    }

    /// The factor s of a module's adapter: α/r, or α/√r.
    package func scale(of module: String) -> Double {
        let rank = Double(self.rank(of: module))
        let alpha = Self.value(for: module, in: self.alphaPattern) ?? self.alpha
        return alpha / (self.usesRankStabilisedScale ? rank.squareRoot() : rank)
    }

    /// The rank of a module's adapter.
    package func rank(of module: String) -> Int { Self.value(for: module, in: self.rankPattern) ?? self.rank }

    /// Whether the module has an adapter.
    package func targets(_ module: String) -> Bool {
        self.targetModules.contains { module == $0 || module.hasSuffix(".\($0)") }
    }

    private static func value<Value>(for module: String, in patterns: [String: Value]) -> Value? {
        // Longest first, so that the answer does not depend on the order in a dictionary.
        let keys = patterns.keys.sorted { ($0.count, $0) > ($1.count, $1) }
        return keys.first { module == $0 || module.hasSuffix(".\($0)") }.flatMap { patterns[$0] }
    }
}

extension PEFTConfiguration {
    /// Reads the JSON of a configuration.
    package init(_ json: JSONValue, file: String) throws(CheckpointError) {
        let fields = Fields(json: json, file: file)
        guard case .string("LORA")? = json["peft_type"] else {
            throw CheckpointError(.unsupported, file, "peft_type is not LORA")
        }
        for option in ["use_dora", "lora_bias", "use_qalora", "arrow_config", "corda_config", "eva_config", "target_parameters"]
        where fields.isSet(option) {
            throw CheckpointError(.unsupported, file, "\(option) is set; adapters of that kind are not supported")
        }
        for list in ["layers_to_transform", "layer_replication", "trainable_token_indices"] where fields.isSet(list) {
            throw CheckpointError(.unsupported, file, "\(list) is set, which is not supported")
        }
        if let bias = try fields.string("bias"), bias != "none" {
            throw CheckpointError(.unsupported, file, "bias is \(bias); only none is supported")
        }
        guard let rank = try fields.integer("r"), rank > 0, let alpha = try fields.number("lora_alpha") else {
            throw CheckpointError(.malformed, file, "r must be a positive whole number and lora_alpha a number")
        }
        self.init(rank: rank, alpha: alpha, targetModules: try fields.strings("target_modules"))
        self.dropout = try fields.number("lora_dropout") ?? 0
        self.fanInFanOut = fields.isSet("fan_in_fan_out")
        self.usesRankStabilisedScale = fields.isSet("use_rslora")
        self.modulesToSave = try fields.strings("modules_to_save")
        self.taskType = try fields.string("task_type")
        self.baseModel = try fields.string("base_model_name_or_path")
        for (name, value) in try fields.pattern("rank_pattern") {
            guard case .integer(let rank) = value, rank > 0 else {
                throw CheckpointError(.malformed, file, "rank_pattern.\(name) is no positive whole number")
            }
            self.rankPattern[name] = rank
        }
        for (name, value) in try fields.pattern("alpha_pattern") {
            guard let alpha = Fields.double(value) else {
                throw CheckpointError(.malformed, file, "alpha_pattern.\(name) is no number")
            }
            self.alphaPattern[name] = alpha
        }
    }

    /// The JSON that PEFT loads.
    package var json: JSONValue {
        func number(_ value: Double) -> JSONValue { Int(exactly: value).map(JSONValue.integer) ?? .number(value) }
        func strings(_ values: [String]) -> JSONValue { .array(values.sorted().map(JSONValue.string)) }
        func sorted<Value>(_ pattern: [String: Value], _ json: (Value) -> JSONValue) -> JSONValue {
            .object(pattern.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, json($0.value)) })
        }
        return .object([
            .init("alpha_pattern", sorted(self.alphaPattern, number)),
            .init("base_model_name_or_path", self.baseModel.map(JSONValue.string) ?? .null),
            .init("bias", .string("none")),
            .init("fan_in_fan_out", .bool(self.fanInFanOut)),
            .init("inference_mode", .bool(true)),
            .init("init_lora_weights", .bool(true)),
            .init("lora_alpha", number(self.alpha)),
            .init("lora_bias", .bool(false)),
            .init("lora_dropout", .number(self.dropout)),
            .init("modules_to_save", self.modulesToSave.isEmpty ? .null : strings(self.modulesToSave)),
            .init("peft_type", .string("LORA")),
            .init("r", .integer(self.rank)),
            .init("rank_pattern", sorted(self.rankPattern, JSONValue.integer)),
            .init("target_modules", strings(self.targetModules)),
            .init("task_type", self.taskType.map(JSONValue.string) ?? .null),
            .init("use_dora", .bool(false)),
            .init("use_rslora", .bool(self.usesRankStabilisedScale)),
        ])
    }
}

/// Typed access to the members of a configuration.
private struct Fields {
    let json: JSONValue
    let file: String

    private func malformed(_ name: String, _ kind: String) -> CheckpointError {
        CheckpointError(.malformed, self.file, "\(name) is not \(kind)")
    }

    private func value(_ name: String) -> JSONValue? {
        if case .null? = self.json[name] { nil } else { self.json[name] }
    }

    static func double(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    /// Whether an option is there and neither false, null nor empty.
    func isSet(_ name: String) -> Bool {
        switch self.value(name) {
        case nil, .bool(false)?, .array([])?, .object([])?: false
        default: true
        }
    }

    func string(_ name: String) throws(CheckpointError) -> String? {
        guard let value = self.value(name) else { return nil }
        guard case .string(let text) = value else { throw self.malformed(name, "a string") }
        return text
    }

    func integer(_ name: String) throws(CheckpointError) -> Int? {
        guard let value = self.value(name) else { return nil }
        guard case .integer(let integer) = value else { throw self.malformed(name, "a whole number") }
        return integer
    }

    func number(_ name: String) throws(CheckpointError) -> Double? {
        guard let value = self.value(name) else { return nil }
        guard let number = Self.double(value) else { throw self.malformed(name, "a number") }
        return number
    }

    /// A list of strings; a single string is a regular expression in PEFT and taken only where it is a plain name.
    func strings(_ name: String) throws(CheckpointError) -> [String] {
        guard let value = self.value(name) else { return [] }
        if case .string(let text) = value, !Self.isExpression(text) { return [text] }
        guard case .array(let items) = value else { throw self.malformed(name, "a list of names") }
        var strings: [String] = []
        for item in items {
            guard case .string(let text) = item else { throw self.malformed(name, "a list of names") }
            strings.append(text)
        }
        return strings
    }

    func pattern(_ name: String) throws(CheckpointError) -> [(String, JSONValue)] {
        guard let value = self.value(name) else { return [] }
        guard case .object(let members) = value else { throw self.malformed(name, "an object") }
        for member in members where Self.isExpression(member.name) {
            throw CheckpointError(.unsupported, self.file, "\(name) has the regular expression \(member.name); only names are")
        }
        return members.map { ($0.name, $0.value) }
    }

    private static func isExpression(_ text: String) -> Bool { text.contains { "\\*+?^$|()[]{}".contains($0) } }
}
