package import Graph

extension SegFormer {
    /// Weights under transformers 5's names: from NVlabs' files (with or without `backbone.`, where keys and values are one
    /// tensor, keys first) and from checkpoints that older transformers saved. Leading `module.`, `model.` and `backbone.` go.
    package func renamed(_ tensors: [String: Tensor]) -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let names = ForeignName(name).published
            let parts = names.count == 2 ? tensor.halves : [tensor]
            // A file that has a tensor twice is not taken apart.
            guard parts.count == names.count, names.allSatisfy({ result[$0] == nil && ($0 == name || tensors[$0] == nil) })
            else {
                result[name] = tensor
                continue
            }
            for (part, name) in zip(parts, names) { result[name] = part }
        }
        return result
    }
}

/// The name of a weight in any of three families, taken apart.
private struct ForeignName {
    private let parts: [String]

    init(_ name: String) {
        let parts = name.split(separator: ".").map(String.init)
        let rest = parts.drop { ["module", "model", "backbone"].contains($0) }
        self.parts = rest.isEmpty ? parts : Array(rest)
    }

    /// Names in transformers 5: one, or those of keys and values.
    var published: [String] {
        if self.parts.first == "decode_head" { return [Self.join(["decode_head"] + self.headModule)] }
        if self.parts.starts(with: ["segformer", "encoder"]) { return self.encoder(Array(self.parts.dropFirst(2))) }
        return self.encoder(self.numbered)
    }

    /// NVlabs' `block1` as the older transformers' `block.0`.
    private var numbered: [String] {
        guard let first = self.parts.first, let digit = first.last?.wholeNumberValue, (1...4).contains(digit) else {
            return self.parts
        }
        let kinds = ["patch_embed": "patch_embeddings", "block": "block", "norm": "layer_norm"]
        guard let kind = kinds[String(first.dropLast())] else { return self.parts }
        return [kind, String(digit - 1)] + self.parts.dropFirst()
    }

    /// The names of an encoder's tensor, whose kind and stage come first.
    private func encoder(_ parts: [String]) -> [String] {
        guard parts.count >= 3, let leaf = parts.last else { return [Self.join(self.parts)] }
        let stage = ["segformer", "stages", parts[1]]
        switch parts[0] {
        case "patch_embeddings":
            let module = parts[2] == "norm" ? "layer_norm" : parts[2]
            return [Self.join(stage + ["patch_embeddings", module, leaf])]
        case "layer_norm": return [Self.join(stage + ["layer_norm", leaf])]
        case "block" where parts.count >= 5:
            let module = Self.join(parts[3..<(parts.count - 1)])
            let names = module == "attn.kv" ? ["attention.k_proj", "attention.v_proj"] : [Self.modules[module] ?? module]
            return names.map { Self.join(stage + ["blocks", parts[2], $0, leaf]) }
        default: return [Self.join(self.parts)]
        }
    }

    /// What follows `decode_head`.
    private var headModule: [String] {
        let rest = Array(self.parts.dropFirst())
        guard let first = rest.first, let leaf = rest.last else { return rest }
        if first == "linear_pred" { return ["classifier", leaf] }
        if rest.starts(with: ["linear_fuse", "conv"]) { return ["linear_fuse", leaf] }
        if rest.starts(with: ["linear_fuse", "bn"]) { return ["batch_norm", leaf] }
        guard first.hasPrefix("linear_c") else { return rest }
        if first == "linear_c" { return ["linear_projections"] + rest.dropFirst() }
        guard let digit = first.last?.wholeNumberValue, (1...4).contains(digit) else { return rest }
        return ["linear_projections", String(digit - 1)] + rest.dropFirst()
    }

    /// A block's modules by the names that NVlabs and older transformers give them.
    private static let modules = [
        "norm1": "layernorm_before", "layer_norm_1": "layernorm_before",
        "norm2": "layernorm_after", "layer_norm_2": "layernorm_after",
        "attn.q": "attention.q_proj", "attention.self.query": "attention.q_proj",
        "attention.self.key": "attention.k_proj", "attention.self.value": "attention.v_proj",
        "attn.proj": "attention.o_proj", "attention.output.dense": "attention.o_proj",
        "attn.sr": "attention.sequence_reduction.sequence_reduction",
        "attention.self.sr": "attention.sequence_reduction.sequence_reduction",
        "attn.norm": "attention.sequence_reduction.layer_norm",
        "attention.self.layer_norm": "attention.sequence_reduction.layer_norm",
        "mlp.dense1": "mlp.fc1", "mlp.dense2": "mlp.fc2",
    ]

    private static func join(_ parts: some Sequence<String>) -> String { parts.joined(separator: ".") }
}

extension Tensor {
    /// Views of the first and the second half of the rows; none where the rows are no even number.
    fileprivate var halves: [Tensor] {
        guard let rows = self.shape.first, rows > 0, rows.isMultiple(of: 2) else { return [] }
        let type = TensorType(self.type.dataType, [rows / 2] + self.shape.dropFirst())
        return [0, type.byteCount].map { Tensor(type, storage: self.storage, byteOffset: self.byteOffset + $0) }
    }
}
