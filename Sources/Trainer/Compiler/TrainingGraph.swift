package import Architectures
package import Graph
import Runtime

/// What the compiler needs to know to make a step graph.
package struct TrainingGraphOptions: Sendable {
    /// `[N, 3, H, W]` of a batch.
    package var inputShape: [Int]
    package var adapters: LoRAConfiguration?
    package var optimizer: OptimizerConfiguration
    /// Largest global L2 norm of the gradient; nil leaves it as it is.
    package var gradientClip: Float?
    /// Activations are computed again for the backward half instead of kept: less memory, more time.
    package var recomputesActivations = false
    /// The gradients become outputs called `gradient/<parameter>`; for tests and analysis.
    package var exposesGradients = false
    /// Which parameters learn; by default all, or adapters and head when there are adapters.
    package var trains: (@Sendable (ParameterSpec) -> Bool)?

    package init(
        inputShape: [Int], adapters: LoRAConfiguration? = nil, optimizer: OptimizerConfiguration, gradientClip: Float? = nil,
        trains: (@Sendable (ParameterSpec) -> Bool)? = nil
    ) {
        self.inputShape = inputShape
        self.adapters = adapters
        self.optimizer = optimizer
        self.gradientClip = gradientClip
        self.trains = trains
    }

    /// Whether a parameter learns.
    package func isTrained(_ spec: ParameterSpec) -> Bool {
        if spec.role == .buffer { return false }
        if let trains = self.trains { return trains(spec) }
        return self.adapters == nil || spec.role == .adapter || spec.role == .head
    }
}

/// A training step as one graph: forward, loss, backward, clipping and update.
///
/// Inputs: `input` `[N, 3, H, W]`, those of the loss (see `TrainingLoss`), `hyper` `[4]` (see `Hyperparameters`), and
/// `dropout_seed` int64 `[2]` where the model drops out. Outputs: `loss` `[]`, `output` as the network gives it and
/// `gradient_norm` `[]`.
package struct TrainingGraph: Sendable {
    package let graph: Graph
    /// The model's parameters and buffers, in the order in which the architecture declared them.
    package let parameters: [ParameterSpec]
    /// Names of the parameters that learn.
    package let trained: [String]
    /// Names and shapes of the optimizer's state, which starts at zero.
    package let optimizerState: [(name: String, shape: [Int])]

    package init(
        _ architecture: any Architecture, _ loss: any TrainingLoss, _ options: TrainingGraphOptions
    ) throws(GraphError) {
        var model = ModelBuilder(mode: .training, adapters: options.adapters)
        let input = model.graph.input("input", TensorType(.float32, options.inputShape))
        let network = try architecture.outputs(&model, input)
        model.graph.output("loss", try loss.append(to: &model, network))
        model.graph.output("output", network.output)
        let forward = try model.graph.running([.channelsLast])
        try self.init(forward: forward, parameters: model.parameters, options)
    }

    private init(forward: Graph, parameters: [ParameterSpec], _ options: TrainingGraphOptions) throws(GraphError) {
        let trained = parameters.filter(options.isTrained)
        guard !trained.isEmpty, let loss = forward.outputs.first(where: { $0.name == "loss" })?.value else {
            throw GraphError(.gradient, "training", "no parameter learns")
        }
        let ids = trained.compactMap { forward.parameter(named: $0.name) }
        let result = try forward.differentiated(loss, withRespectTo: Set(ids))
        var step = StepEmitter(graph: result.graph, options: options)
        try step.emit(trained: trained, ids: ids, gradients: result.gradients)
        let graph = try step.graph.running([.withoutDeadNodes, .fuseMatMul])
        self.graph = options.recomputesActivations ? try graph.running([.recomputeActivations]) : graph
        self.parameters = parameters
        self.trained = trained.map(\.name)
        self.optimizerState = step.state
    }
}

/// Appends clipping and the optimizer to a differentiated graph.
private struct StepEmitter {
    var graph: Graph
    let options: TrainingGraphOptions
    private(set) var state: [(name: String, shape: [Int])] = []

    init(graph: Graph, options: TrainingGraphOptions) {
        self.graph = graph
        self.options = options
    }

    mutating func emit(
        trained: [ParameterSpec], ids: [ValueID], gradients: [ValueID: ValueID]
    ) throws(GraphError) {
        let hyper = self.graph.input(Hyperparameters.inputName, TensorType(.float32, [Hyperparameters.count]))
        var present: [ValueID] = []
        for (spec, id) in zip(trained, ids) {
            guard let gradient = gradients[id] else {
                throw GraphError(.gradient, spec.name, "the loss does not depend on this parameter")
            }
            present.append(gradient)
            if self.options.exposesGradients { self.graph.output("gradient/" + spec.name, gradient) }
        }
        let norm = try self.graph.append(GradientNorm(), present, name: "gradient_norm")[0]
        self.graph.output("gradient_norm", norm)
        let clip = try self.graph.append(ClipFactor(maxNorm: self.options.gradientClip ?? .infinity), [norm], name: "clip")[0]
        for ((spec, id), gradient) in zip(zip(trained, ids), present) {
            try self.emitUpdate(spec, id, gradient, hyper: hyper, clip: clip)
        }
    }

    private mutating func emitUpdate(
        _ spec: ParameterSpec, _ id: ValueID, _ gradient: ValueID, hyper: ValueID, clip: ValueID
    ) throws(GraphError) {
        let optimizer = self.options.optimizer
        let decay = optimizer.decays(spec) ? optimizer.weightDecay : 0
        let name = "step/" + spec.name
        switch optimizer.kind {
        case .sgd:
            let momentum = self.slot("momentum", spec)
            let op = SGDStep(momentum: optimizer.momentum, nesterov: false, weightDecay: decay)
            let outputs = try self.graph.append(op, [id, gradient, momentum, hyper, clip], name: name)
            self.graph.update(id, to: outputs[0])
            self.graph.update(momentum, to: outputs[1])
        case .adamw, .adam:
            let first = self.slot("m", spec)
            let second = self.slot("v", spec)
            let op = AdamWStep(
                beta1: optimizer.beta1, beta2: optimizer.beta2, epsilon: optimizer.epsilon, weightDecay: decay,
                decoupled: optimizer.kind == .adamw)
            let outputs = try self.graph.append(op, [id, gradient, first, second, hyper, clip], name: name)
            self.graph.update(id, to: outputs[0])
            self.graph.update(first, to: outputs[1])
            self.graph.update(second, to: outputs[2])
        }
    }

    /// A zero-initialised state tensor of a parameter's shape.
    private mutating func slot(_ kind: String, _ spec: ParameterSpec) -> ValueID {
        let name = "optimizer.\(kind)/\(spec.name)"
        self.state.append((name, spec.shape))
        return self.graph.parameter(name, TensorType(.float32, spec.shape))
    }
}
