package import Graph
import Settings

/// What may differ between the weights an architecture wants and those a file has.
///
/// A pattern is a name, or a beginning followed by `*`.
package struct WeightRules: Sendable {
    /// Wanted names that may be absent or of another shape: they keep their initial values.
    package var mayBeMissing: [String]
    /// Names in the file that are passed over without mention.
    package var ignored: [String]
    /// The position embedding, resized where its shape differs.
    package var positions: Positions?

    /// How a position embedding is brought to the wanted grid.
    package struct Positions: Sendable {
        package var name: String
        /// Rows and columns of patches; nil for a square grid of as many as the wanted shape has.
        package var grid: (height: Int, width: Int)?
        package var antialias: Bool

        package init(name: String = "pos_embed", grid: (height: Int, width: Int)? = nil, antialias: Bool) {
            self.name = name
            self.grid = grid
            self.antialias = antialias
        }
    }

    package init(mayBeMissing: [String] = [], ignored: [String] = [], positions: Positions? = nil) {
        self.mayBeMissing = mayBeMissing
        self.ignored = ignored
        self.positions = positions
    }

    /// Everything that is wanted must be there; more may be.
    package static let exact = WeightRules()

    /// RETFound's MAE and fine-tuned checkpoints into a ViT: a new head is fine, the MAE decoder is not needed.
    package static let retfound = WeightRules(
        mayBeMissing: ["head.*", "fc_norm.*"], ignored: ["decoder_*", "mask_token"], positions: Positions(antialias: false))

    /// timm's ViT weights: as RETFound's, but positions are resized with antialiasing.
    package static let timm = WeightRules(
        mayBeMissing: ["head.*", "fc_norm.*"], positions: Positions(antialias: true))
}

/// The outcome of matching wanted and available weights.
package struct WeightMatch: Sendable {
    /// A tensor whose shape or type does not fit.
    package struct Mismatch: Sendable, Hashable {
        package let name: String
        package let wanted: TensorType
        package let found: TensorType
    }

    /// The tensors to use, by wanted name, of the wanted types.
    package internal(set) var loaded: [String: Tensor] = [:]
    /// Wanted, absent, and allowed to be; sorted.
    package internal(set) var missing: [String] = []
    /// In the file, not wanted and not ignored; sorted.
    package internal(set) var unexpected: [String] = []
    /// In the file with another shape, and allowed to keep the initial values; sorted by name.
    package internal(set) var mismatched: [Mismatch] = []
}

/// Chooses for each wanted weight the tensor of the same name, or of the same name but for leading `module.` and
/// `model.`; converts float16, bfloat16 and float64 to a wanted float32 and resizes positions as `rules` say.
///
/// Throws `missing` with the names (up to ten, then a count) and the nearest names that the file has, or `mismatch`
/// with both types.
package func matchWeights(
    wanted: [String: TensorType], available: [String: Tensor], rules: WeightRules = .exact, file: String
) throws(CheckpointError) -> WeightMatch {
    let source = SourceNames(available.keys)
    var match = WeightMatch()
    var used: Set<String> = []
    var absent: [String] = []
    var refused: [WeightMatch.Mismatch] = []
    for (name, type) in wanted.sorted(by: { $0.key < $1.key }) {
        let mayBeMissing = fits(name, rules.mayBeMissing)
        guard let found = source.name(for: name), let tensor = available[found] else {
            if mayBeMissing { match.missing.append(name) } else { absent.append(name) }
            continue
        }
        used.insert(found)
        if let fitted = try fit(tensor, named: name, to: type, rules) {
            match.loaded[name] = fitted
        } else if mayBeMissing {
            match.mismatched.append(.init(name: name, wanted: type, found: tensor.type))
        } else {
            refused.append(.init(name: name, wanted: type, found: tensor.type))
        }
    }
    match.unexpected = available.keys.filter { name in
        !used.contains(name) && !fits(name, rules.ignored) && !fits(strippedName(name), rules.ignored)
    }.sorted()
    guard absent.isEmpty else { throw missingError(absent, spare: match.unexpected, file: file) }
    guard refused.isEmpty else {
        let list = refused.map { "\($0.name) is \($0.found), wanted \($0.wanted)" }
        throw CheckpointError(.mismatch, file, "weights of other shapes or types: \(shortList(list))")
    }
    return match
}

/// Finds the name in a file for a wanted name.
private struct SourceNames {
    private let exact: Set<String>
    /// Names by what is left of them without prefixes; ambiguous ones are left out.
    private let stripped: [String: String]

    init(_ names: some Sequence<String>) {
        self.exact = Set(names)
        self.stripped = Dictionary(grouping: self.exact, by: strippedName).compactMapValues { $0.count == 1 ? $0[0] : nil }
    }

    func name(for wanted: String) -> String? {
        self.exact.contains(wanted) ? wanted : self.stripped[strippedName(wanted)]
    }
}

private func fits(_ name: String, _ patterns: [String]) -> Bool {
    patterns.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
}

/// The tensor with the wanted type; nil where it cannot have it.
private func fit(
    _ tensor: Tensor, named name: String, to type: TensorType, _ rules: WeightRules
) throws(CheckpointError) -> Tensor? {
    var tensor = tensor
    if let positions = rules.positions, positions.name == name, tensor.shape != type.shape,
        tensor.type.rank == 3, type.rank == 3, tensor.shape[2] == type.shape[2], type.shape[1] > 1
    {
        let side = PositionalEmbedding.squareRoot(type.shape[1] - 1)
        guard let grid = positions.grid ?? side.map({ (height: $0, width: $0) }) else { return nil }
        tensor = try PositionalEmbedding.resize(tensor, toGrid: grid.height, grid.width, antialias: positions.antialias)
    }
    guard tensor.shape == type.shape else { return nil }
    if tensor.type == type { return tensor }
    return type.dataType == .float32 ? tensor.asFloat32() : nil
}

private func missingError(_ absent: [String], spare: [String], file: String) -> CheckpointError {
    let suggestions = absent.prefix(10).compactMap { name in
        nearestName(to: name, among: spare).map { "\(name) -> \($0)" }
    }
    var message = "\(absent.count) weights are missing: \(shortList(absent))"
    if !suggestions.isEmpty { message += "; nearest names in the file: \(suggestions.joined(separator: ", "))" }
    return CheckpointError(.missing, file, message)
}
