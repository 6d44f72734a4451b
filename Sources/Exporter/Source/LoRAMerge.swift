package import Architectures
package import Graph

/// Merging low-rank adapters into the weights that they adapt: `W' = W + (α/r)·B·A`.
package enum LoRAMerge {
    /// The recipe without adapters and the weights that give the same outputs.
    ///
    /// Products and sum are in double precision and rounded once. Weights that no adapter touches are the same tensors.
    package static func merged(
        _ recipe: ModelRecipe, _ weights: [String: Tensor]
    ) throws(ExportError) -> (recipe: ModelRecipe, weights: [String: Tensor]) {
        guard let adapters = recipe.lora else { return (recipe, weights) }
        var result: [String: Tensor] = [:]
        for (name, tensor) in weights {
            guard name.hasSuffix(".weight"), !isAdapter(name) else {
                if !isAdapter(name) { result[name] = tensor }
                continue
            }
            let path = String(name.dropLast(".weight".count))
            guard let a = weights[path + ".lora_A.weight"], let b = weights[path + ".lora_B.weight"] else {
                result[name] = tensor
                continue
            }
            let scale = Double(adapters.alpha) / Double(adapters.rank)
            result[name] = try self.merged(tensor, a, b, scale: scale, name: name)
        }
        var plain = recipe
        plain.lora = nil
        return (plain, result)
    }

    /// Module paths that have an adapter, from the names of the weights.
    package static func adaptedPaths(_ weights: [String: Tensor]) -> Set<String> {
        let ending = ".lora_A.weight"
        return Set(weights.keys.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) })
    }

    private static func isAdapter(_ name: String) -> Bool {
        name.hasSuffix(".lora_A.weight") || name.hasSuffix(".lora_B.weight")
    }

    /// - Parameters: `w` `[out, in]`, `a` `[r, in]`, `b` `[out, r]`, all float32.
    private static func merged(
        _ w: Tensor, _ a: Tensor, _ b: Tensor, scale: Double, name: String
    ) throws(ExportError) -> Tensor {
        guard w.type.rank == 2, a.type.rank == 2, b.type.rank == 2, a.shape[1] == w.shape[1], b.shape[0] == w.shape[0],
            a.shape[0] == b.shape[1], [w, a, b].allSatisfy({ $0.type.dataType == .float32 })
        else { throw ExportError(.run, name, "is \(w.type), its adapter \(a.type) and \(b.type): they do not fit") }
        let (outputs, inputs, rank) = (w.shape[0], w.shape[1], a.shape[0])
        let result = Tensor(zeros: w.type)
        var row = [Double](repeating: 0, count: inputs)
        w.withElements(as: Float.self) { w in
            a.withElements(as: Float.self) { a in
                b.withElements(as: Float.self) { b in
                    result.withElements(as: Float.self) { result in
                        for output in 0..<outputs {
                            for column in 0..<inputs { row[column] = Double(w[output * inputs + column]) }
                            for index in 0..<rank {
                                let factor = scale * Double(b[output * rank + index])
                                for column in 0..<inputs { row[column] += factor * Double(a[index * inputs + column]) }
                            }
                            for column in 0..<inputs { result[output * inputs + column] = Float(row[column]) }
                        }
                    }
                }
            }
        }
        return result
    }
}
