package import Graph

/// Whether batch statistics, dropout and other things that only training does are built in.
package enum ModelMode: Sendable, Hashable {
    case training
    case inference
}

/// Low-rank adapters (Hu et al. 2021) as PEFT makes them: `y = xWᵀ + b + (α/r)·drop(x)AᵀBᵀ`.
package struct LoRAConfiguration: Sendable, Hashable, Codable {
    /// Rank r of A `[r, in]` and B `[out, r]`.
    package var rank: Int
    package var alpha: Float
    /// Dropout on the adapter's input, in training only.
    package var dropout: Float
    /// A linear is adapted when its dotted name equals a target or ends with `.` and a target.
    package var targets: [String]

    package init(rank: Int = 8, alpha: Float = 32, dropout: Float = 0.1, targets: [String] = ["qkv"]) {
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.targets = targets
    }

    package var scale: Float { self.alpha / Float(self.rank) }

    /// Whether the linear of that name is adapted.
    package func adapts(_ name: String) -> Bool {
        self.targets.contains { name == $0 || name.hasSuffix("." + $0) }
    }
}

/// A graph under construction, with the parameters that it wants and the layers that architectures share.
///
/// Layers take the module path as published and name their parameters below it (`path.weight`).
package struct ModelBuilder: Sendable {
    package var graph: Graph
    package let mode: ModelMode
    package let adapters: LoRAConfiguration?
    private let prefix: String
    package private(set) var parameters: [ParameterSpec] = []
    /// The input `[2]` of seed and step that random choices draw from; made when first asked for.
    private var randomSeed: ValueID?
    private var randomStreams = 0

    /// - Parameter prefix: of every parameter's name, where a graph holds several networks.
    package init(graph: Graph = Graph(), mode: ModelMode, adapters: LoRAConfiguration? = nil, prefix: String = "") {
        self.prefix = prefix
        self.graph = graph
        self.mode = mode
        self.adapters = adapters
    }

    /// The name of the int64 `[2]` input with seed and step, present in graphs that drop out.
    package static let dropoutSeedName = "dropout_seed"

    /// Declares a parameter.
    package mutating func parameter(
        _ name: String, _ shape: [Int], _ initializer: Initializer, role: ParameterRole
    ) -> ValueID {
        let name = self.prefix + name
        self.parameters.append(ParameterSpec(name: name, shape: shape, initializer: initializer, role: role))
        return self.graph.parameter(name, TensorType(.float32, shape))
    }

    /// The type of a value.
    package func type(_ value: ValueID) -> TensorType { self.graph[value].type }

    /// Applies an operator with one output.
    package mutating func apply(_ op: any Operator, _ inputs: ValueID?..., name: String? = nil) throws(GraphError) -> ValueID {
        try self.graph.append(op, inputs, name: name)[0]
    }

    /// Drops elements with probability `ratio` while training.
    package mutating func dropout(_ x: ValueID, ratio: Float, name: String) throws(GraphError) -> ValueID {
        guard self.mode == .training, ratio > 0 else { return x }
        let (seed, stream) = self.randomStream()
        return try self.apply(DropoutTraining(ratio: ratio, stream: stream), x, seed, name: name)
    }

    /// The input of seed and step, and the number of a stream that no other part of the graph draws from.
    package mutating func randomStream() -> (seed: ValueID, stream: Int) {
        self.randomStreams += 1
        if let existing = self.randomSeed { return (existing, self.randomStreams) }
        let seed = self.graph.input(Self.dropoutSeedName, TensorType(.int64, [2]))
        self.randomSeed = seed
        return (seed, self.randomStreams)
    }

    /// `x · weightᵀ + bias` over the last axis, with an adapter where the configuration asks for one.
    package mutating func linear(
        _ x: ValueID, _ path: String, outputs: Int, bias: Bool = true, initializer: Initializer? = nil,
        biasInitializer: Initializer? = nil, role: ParameterRole = .weight
    ) throws(GraphError) -> ValueID {
        let inputs = self.type(x).shape.last ?? 1
        let weight = self.parameter(path + ".weight", [outputs, inputs], initializer ?? .fanIn(inputs), role: role)
        var y = try self.product(x, weight, name: path)
        if bias {
            let vector = self.parameter(
                path + ".bias", [outputs], biasInitializer ?? .fanIn(inputs), role: role == .weight ? .vector : role)
            y = try self.apply(Add(), y, vector, name: path + "/bias")
        }
        if let adapters = self.adapters, adapters.adapts(path) {
            y = try self.adapted(y, x, path, adapters, inputs: inputs, outputs: outputs)
        }
        return y
    }

    private mutating func adapted(
        _ y: ValueID, _ x: ValueID, _ path: String, _ adapters: LoRAConfiguration, inputs: Int, outputs: Int
    ) throws(GraphError) -> ValueID {
        let a = self.parameter(path + ".lora_A.weight", [adapters.rank, inputs], .fanIn(inputs), role: .adapter)
        let b = self.parameter(path + ".lora_B.weight", [outputs, adapters.rank], .zeros, role: .adapter)
        let dropped = try self.dropout(x, ratio: adapters.dropout, name: path + "/lora_dropout")
        let low = try self.product(dropped, a, name: path + "/lora_A")
        let high = try self.product(low, b, name: path + "/lora_B")
        let scale = self.graph.constant(Tensor([adapters.scale], shape: []), name: path + "/lora_scale")
        return try self.apply(Add(), y, try self.apply(Mul(), high, scale, name: path + "/lora"), name: path + "/adapted")
    }

    /// `x · weightᵀ` for a weight `[out, in]`.
    private mutating func product(_ x: ValueID, _ weight: ValueID, name: String) throws(GraphError) -> ValueID {
        let transposed = try self.apply(Transpose(permutation: [1, 0]), weight, name: name + "/transpose")
        return try self.apply(MatMul(), x, transposed, name: name)
    }

    /// Drops the residual branch `x` `[N, ...]` of whole examples with probability `ratio` while training, and multiplies
    /// those of the others by `1 / (1 - ratio)`: stochastic depth (Huang et al. 2016).
    package mutating func dropPath(_ x: ValueID, ratio: Float, name: String) throws(GraphError) -> ValueID {
        guard self.mode == .training, ratio > 0 else { return x }
        let shape = self.type(x).shape
        let each = [shape[0]] + shape.dropFirst().map { _ in 1 }
        let ones = self.graph.constant(Tensor([Float](repeating: 1, count: shape[0]), shape: each), name: name + "/ones")
        let kept = try self.dropout(ones, ratio: ratio, name: name + "/kept")
        return try self.apply(Mul(), x, kept, name: name)
    }

    /// Convolution of `[N, C, H, W]` with a square kernel; with `groups` C is a channel each.
    package mutating func convolution(
        _ x: ValueID, _ path: String, outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1,
        bias: Bool = false, initializer: Initializer? = nil, biasInitializer: Initializer? = nil, role: ParameterRole = .weight
    ) throws(GraphError) -> ValueID {
        try self.convolution(
            x, path, outputs: outputs, kernel: [kernel, kernel], window: Window(stride: stride, padding: padding, groups: groups),
            bias: bias, initializer: initializer, biasInitializer: biasInitializer, role: role)
    }

    /// Convolution of `[N, C, spatial...]`.
    /// - Parameter kernel: one size for each spatial axis.
    package mutating func convolution(
        _ x: ValueID, _ path: String, outputs: Int, kernel: [Int], window: Window, bias: Bool = false,
        initializer: Initializer? = nil, biasInitializer: Initializer? = nil, role: ParameterRole = .weight
    ) throws(GraphError) -> ValueID {
        let (inputs, area) = (self.type(x).shape[1] / window.groups, kernel.reduce(1, *))
        let weight = self.parameter(
            path + ".weight", [outputs, inputs] + kernel, initializer ?? .heFanOut(outputs / window.groups * area), role: role)
        let vector =
            bias
            ? self.parameter(
                path + ".bias", [outputs], biasInitializer ?? .fanIn(inputs * area), role: role == .weight ? .vector : role)
            : nil
        return try self.apply(Conv(window: window), x, weight, vector, name: path)
    }

    /// Batch normalisation over the channels of `[N, C, ...]`; in training with batch statistics, renewing the running ones.
    package mutating func batchNorm(
        _ x: ValueID, _ path: String, epsilon: Float = 1e-5, momentum: Float = 0.1, scale: Initializer = .ones,
        role: ParameterRole = .vector
    ) throws(GraphError) -> ValueID {
        let channels = self.type(x).shape[1]
        let inputs: [ValueID?] = [
            x, self.parameter(path + ".weight", [channels], scale, role: role),
            self.parameter(path + ".bias", [channels], .zeros, role: role),
            self.parameter(path + ".running_mean", [channels], .zeros, role: .buffer),
            self.parameter(path + ".running_var", [channels], .ones, role: .buffer),
        ]
        switch self.mode {
        case .inference:
            return try self.graph.append(BatchNormalization(epsilon: epsilon), inputs, name: path)[0]
        case .training:
            let op = BatchNormalizationTraining(epsilon: epsilon, momentum: momentum)
            let outputs = try self.graph.append(op, inputs, name: path)
            if let mean = inputs[3], let variance = inputs[4] {
                self.graph.update(mean, to: outputs[3])
                self.graph.update(variance, to: outputs[4])
            }
            return outputs[0]
        }
    }

    /// Layer normalisation over the last axis.
    package mutating func layerNorm(
        _ x: ValueID, _ path: String, epsilon: Float, role: ParameterRole = .vector
    ) throws(GraphError) -> ValueID {
        let channels = self.type(x).shape.last ?? 1
        let scale = self.parameter(path + ".weight", [channels], .ones, role: role)
        let bias = self.parameter(path + ".bias", [channels], .zeros, role: role)
        return try self.apply(LayerNormalization(axis: -1, epsilon: epsilon), x, scale, bias, name: path)
    }
}
