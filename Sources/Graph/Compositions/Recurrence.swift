/// Networks that read a sequence step by step, one step after the other in the graph. ONNX `RNN`, `GRU` and `LSTM` 7 to 22.
///
/// X [T, B, I] (with layout 1 [B, T, I]), W [D, G·H, I], R [D, G·H, H], bias [D, 2·G·H], lengths [B], initial states
/// [D, B, H]; results Y [T, D, B, H] and the last states. D directions, G gates. float32.
package struct Recurrence: OnnxComposition {
    package static let onnxTypes = ["GRU", "LSTM", "RNN"]

    enum Cell: String {
        case rnn = "RNN"
        case gru = "GRU"
        case lstm = "LSTM"

        var gates: Int {
            switch self {
            case .rnn: 1
            case .gru: 3
            case .lstm: 4
            }
        }

        /// What is applied where nothing else is said.
        var activations: [String] {
            switch self {
            case .rnn: ["Tanh"]
            case .gru: ["Sigmoid", "Tanh"]
            case .lstm: ["Sigmoid", "Tanh", "Tanh"]
            }
        }
    }

    /// Every step becomes nodes of its own.
    private static let mostSteps = 8192

    let cell: Cell
    let activations: [RecurrenceActivation]
    private let directions: [Bool]
    let clip: Float?
    private let isBatchFirst: Bool
    let couplesForget: Bool
    let resetsAfterProduct: Bool

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let cell = Cell(rawValue: reader.type) else { throw GraphError(.unsupported, reader.type, "is no cell") }
        let direction = try reader.string("direction") ?? "forward"
        let reversals = ["forward": [false], "reverse": [true], "bidirectional": [false, true]]
        guard let directions = reversals[direction] else {
            throw GraphError(.attribute, reader.type, "direction is \(direction)")
        }
        let names = try reader.strings("activations") ?? directions.flatMap { _ in cell.activations }
        var alphas = try reader.floats("activation_alpha") ?? []
        var betas = try reader.floats("activation_beta") ?? []
        self.activations = try names.map { (name) throws(GraphError) in
            try RecurrenceActivation(name, &alphas, &betas, in: reader.type)
        }
        guard self.activations.count == directions.count * cell.activations.count else {
            throw GraphError(.attribute, reader.type, "activations are \(names)")
        }
        self.cell = cell
        self.directions = directions
        self.clip = try reader.float("clip")
        self.isBatchFirst = try reader.int("layout") ?? 0 != 0
        self.couplesForget = try reader.int("input_forget") ?? 0 != 0
        self.resetsAfterProduct = try reader.int("linear_before_reset") ?? 0 != 0
        // W and R say it too.
        _ = try reader.int("hidden_size")
    }

    /// Outputs Y, the last hidden state and the last cell state.
    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let swap = Transpose(permutation: [1, 0, 2])
        var x = try self.input(inputs, 0)
        if self.isBatchFirst, graph[x].type.rank == 3 { x = try graph.apply(swap, x) }
        let (w, r) = (graph[try self.input(inputs, 1)].type, graph[try self.input(inputs, 2)].type)
        let shape = graph[x].type.shape
        let hidden = r.shape.last ?? 0
        guard shape.count == 3, (1...Self.mostSteps).contains(shape[0]),
            w.shape == [self.directions.count, self.cell.gates * hidden, shape[2]],
            r.shape == [self.directions.count, self.cell.gates * hidden, hidden]
        else { throw GraphError(.shape, self.name, "X is \(graph[x].type), W \(w), R \(r)") }
        var sequences: [ValueID] = []
        var states: [[ValueID]] = [[], []]
        for (index, isReversed) in self.directions.enumerated() {
            var part = RecurrenceDirection(self, index: index, isReversed: isReversed, batch: shape[1], hidden: hidden)
            for place in 1..<8 where place != 4 {
                guard let value = self.optionalInput(inputs, place) else { continue }
                let isState = self.isBatchFirst && (place == 5 || place == 6)
                let whole = isState ? try graph.apply(swap, value) : value
                let slice = Slice(starts: [index], ends: [index + 1], axes: [0])
                part.inputs[place] = try graph.apply(Squeeze(axes: [0]), try graph.apply(slice, whole))
            }
            part.lengths = try self.optionalInput(inputs, 4).map { (id) throws(GraphError) in
                try graph.apply(Reshape([shape[1], 1]), try graph.cast(id, to: .int64))
            }
            let result = try part.run(&graph, x)
            sequences.append(try graph.apply(Unsqueeze(axes: [1]), result.sequence))
            for (kind, state) in result.states.enumerated() {
                states[kind].append(try graph.apply(Unsqueeze(axes: [0]), state))
            }
        }
        var outputs = [try graph.append(Concat(axis: 1), sequences)[0]]
        if self.isBatchFirst { outputs[0] = try graph.apply(Transpose(permutation: [2, 0, 1, 3]), outputs[0]) }
        for parts in states where !parts.isEmpty {
            let state = try graph.append(Concat(axis: 0), parts)[0]
            outputs.append(self.isBatchFirst ? try graph.apply(swap, state) : state)
        }
        return outputs
    }
}

/// A function that cells apply, with its numbers.
struct RecurrenceActivation {
    private let name: String
    private let alpha: Float
    private let beta: Float

    /// Takes the numbers that it needs from the lists.
    init(_ name: String, _ alphas: inout [Float], _ betas: inout [Float], in subject: String) throws(GraphError) {
        let standard: [String: (alpha: Float?, beta: Float?)] = [
            "Sigmoid": (nil, nil), "Tanh": (nil, nil), "Relu": (nil, nil), "Softplus": (nil, nil), "LeakyRelu": (0.01, nil),
            "HardSigmoid": (0.2, 0.5), "Affine": (1, 0), "ScaledTanh": (1, 1),
        ]
        guard let numbers = standard[name] else { throw GraphError(.unsupported, subject, "activation \(name)") }
        self.name = name
        self.alpha = numbers.alpha.map { alphas.isEmpty ? $0 : alphas.removeFirst() } ?? 0
        self.beta = numbers.beta.map { betas.isEmpty ? $0 : betas.removeFirst() } ?? 0
    }

    func emit(_ graph: inout Graph, _ x: ValueID) throws(GraphError) -> ValueID {
        switch self.name {
        case "Sigmoid": return try graph.apply(Sigmoid(), x)
        case "Relu": return try graph.apply(Relu(), x)
        case "Softplus": return try graph.apply(Softplus(), x)
        case "LeakyRelu": return try graph.apply(LeakyRelu(alpha: self.alpha), x)
        case "HardSigmoid": return try graph.apply(HardSigmoid(alpha: self.alpha, beta: self.beta), x)
        case "Affine":
            let scaled = try graph.apply(Mul(), x, graph.constant(Tensor([self.alpha], shape: []), name: "alpha"))
            return try graph.apply(Add(), scaled, graph.constant(Tensor([self.beta], shape: []), name: "beta"))
        case "ScaledTanh":
            let inner = try graph.apply(Mul(), x, graph.constant(Tensor([self.beta], shape: []), name: "beta"))
            let alpha = graph.constant(Tensor([self.alpha], shape: []), name: "alpha")
            return try graph.apply(Mul(), try graph.apply(Tanh(), inner), alpha)
        default: return try graph.apply(Tanh(), x)
        }
    }
}
