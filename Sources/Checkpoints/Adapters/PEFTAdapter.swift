package import Graph

/// The two factors of a LoRA adapter: the layer's weight grows by s · B · A.
package struct LoRAFactors: Sendable {
    /// A, `[r, in]`.
    package let down: Tensor
    /// B, `[out, r]`.
    package let up: Tensor

    package init(down: Tensor, up: Tensor) {
        self.down = down
        self.up = up
    }
}

/// A LoRA adapter in Hugging Face PEFT's files `adapter_model.safetensors` and `adapter_config.json`.
package struct PEFTAdapter: Sendable {
    package static let weightsFile = "adapter_model.safetensors"
    package static let configurationFile = "adapter_config.json"

    package var configuration: PEFTConfiguration
    /// The factors by module path, `blocks.0.attn.qkv` for example.
    package var layers: [String: LoRAFactors]
    /// Weights of modules that are stored whole, by their names in the model.
    package var saved: [String: Tensor]

    package init(configuration: PEFTConfiguration, layers: [String: LoRAFactors], saved: [String: Tensor] = [:]) {
        self.configuration = configuration
        self.layers = layers
        self.saved = saved
    }

    /// Reads the two files in `directory` and checks ranks against the configuration.
    package init(directory: String) throws(CheckpointError) {
        let configurationPath = "\(directory)/\(Self.configurationFile)"
        let json = try JSONValue.parse(AtomicFile.read(configurationPath), file: configurationPath)
        let configuration = try PEFTConfiguration(json, file: configurationPath)
        let weightsPath = "\(directory)/\(Self.weightsFile)"
        let tensors = try Safetensors.read(weightsPath).tensors
        try self.init(configuration: configuration, tensors: tensors, file: weightsPath)
    }

    /// An adapter from named tensors, from PEFT's file or from a `.pth` with PEFT's names in memory (`.default`).
    package init(
        configuration: PEFTConfiguration, tensors: [String: Tensor], file: String
    ) throws(CheckpointError) {
        self.configuration = configuration
        self.layers = [:]
        self.saved = [:]
        var halves: [String: [Half: Tensor]] = [:]
        for (name, tensor) in tensors {
            switch Name(name) {
            case .factor(let half, let module):
                guard halves[module, default: [:]].updateValue(tensor, forKey: half) == nil else {
                    throw CheckpointError(.malformed, file, "\(module) has two factors \(half.rawValue)")
                }
            case .saved(let name): self.saved[name] = tensor
            case .unsupported(let kind):
                throw CheckpointError(.unsupported, file, "\(name): \(kind) is not supported")
            }
        }
        for (module, pair) in halves {
            guard let down = pair[.down], let up = pair[.up] else {
                throw CheckpointError(.missing, file, "\(module) has only one of lora_A and lora_B")
            }
            self.layers[module] = try Self.checked(down, up, module, rank: configuration.rank(of: module), file: file)
        }
        guard !self.layers.isEmpty else {
            throw CheckpointError(.missing, file, "no tensor is called ….lora_A.weight; this is no LoRA adapter")
        }
    }

    /// Writes both files into `directory`, which is made where it is missing; each is replaced in one step.
    package func write(to directory: String) throws(CheckpointError) {
        try makeDirectory(directory)
        var tensors: [String: Tensor] = [:]
        for (module, factors) in self.layers {
            tensors["base_model.model.\(module).lora_A.weight"] = factors.down
            tensors["base_model.model.\(module).lora_B.weight"] = factors.up
        }
        for (name, tensor) in self.saved { tensors["base_model.model.\(name)"] = tensor }
        try Safetensors.write(tensors, metadata: ["format": "pt"], to: "\(directory)/\(Self.weightsFile)")
        let text = self.configuration.json.indented() + "\n"
        try AtomicFile.write(Array(text.utf8), to: "\(directory)/\(Self.configurationFile)")
    }

    private static func checked(
        _ down: Tensor, _ up: Tensor, _ module: String, rank: Int, file: String
    ) throws(CheckpointError) -> LoRAFactors {
        guard let down = down.asFloat32(), let up = up.asFloat32() else {
            throw CheckpointError(.mismatch, file, "\(module): factors of \(down.type) and \(up.type)")
        }
        guard down.type.rank == 2, up.type.rank == 2, down.shape[0] == rank, up.shape[1] == rank else {
            let message = "\(module): A is \(down.type) and B is \(up.type), but the configuration says rank \(rank)"
            throw CheckpointError(.mismatch, file, message)
        }
        return LoRAFactors(down: down, up: up)
    }

    private enum Half: String { case down = "lora_A", up = "lora_B" }

    /// What the name of a tensor in an adapter says.
    private enum Name {
        case factor(Half, module: String)
        case saved(String)
        case unsupported(String)

        init(_ name: String) {
            var path = name[...]
            for prefix in ["base_model.model.", "base_model."] where path.hasPrefix(prefix) {
                path = path.dropFirst(prefix.count)
                break
            }
            for kind in ["lora_magnitude_vector", "lora_embedding_A", "lora_embedding_B"] where path.contains(kind) {
                self = .unsupported(kind)
                return
            }
            for half in [Half.down, .up] {
                for ending in [".\(half.rawValue).weight", ".\(half.rawValue).default.weight"] where path.hasSuffix(ending) {
                    self = .factor(half, module: String(path.dropLast(ending.count)))
                    return
                }
            }
            if path.contains(".lora_A.") || path.contains(".lora_B.") {
                self = .unsupported("a LoRA tensor of this name")
                return
            }
            self = .saved(path.split(separator: ".modules_to_save.default").joined())
        }
    }
}
