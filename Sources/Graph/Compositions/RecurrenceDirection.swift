/// One direction of a recurrent network.
struct RecurrenceDirection {
    /// Each becomes some nodes of its own.
    private static let mostSteps = 1 << 13

    private let network: Recurrence
    private let functions: [RecurrenceActivation]
    private let isReversed: Bool
    private let batch: Int
    private let hidden: Int
    /// This direction's part of the node's inputs, by index: weights, biases, initial states and peepholes.
    var inputs: [Int: ValueID] = [:]
    /// Steps of each sequence, [B, 1]; nil for all.
    var lengths: ValueID?

    init(_ network: Recurrence, index: Int, isReversed: Bool, batch: Int, hidden: Int) {
        let count = network.cell.activations.count
        self.network = network
        self.functions = Array(network.activations[(index * count)..<((index + 1) * count)])
        self.isReversed = isReversed
        self.batch = batch
        self.hidden = hidden
    }

    /// All steps: the hidden states [T, B, H] in the sequence's order, and the last states.
    func run(_ graph: inout Graph, _ x: ValueID) throws(GraphError) -> (sequence: ValueID, states: [ValueID]) {
        let steps = graph[x].type.shape[0]
        guard steps <= Self.mostSteps else {
            throw GraphError(.shape, self.network.name, "\(steps) steps, at most \(Self.mostSteps) are unrolled")
        }
        let width = self.network.cell.gates * self.hidden
        let biases = try self.inputs[3].map { (id) throws(GraphError) in
            try graph.append(Split(axis: 0, sizes: [width, width]), [id])
        }
        // What the input says to all steps is one product.
        var said = try graph.apply(MatMul(), x, try self.turned(&graph, 1))
        if let biases { said = try graph.apply(Add(), said, biases[0]) }
        let parts = try graph.append(Split(axis: 0, sizes: [Int](repeating: 1, count: steps)), [said])
        let recurrent = try self.turned(&graph, 2)
        var state = State(hidden: try self.initial(&graph, 5), cell: try self.initial(&graph, 6))
        var rows = [ValueID?](repeating: nil, count: steps)
        for step in self.isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
            let input = try graph.apply(Squeeze(axes: [0]), parts[step])
            var next = try self.step(&graph, input, recurrent, biases?[1], state)
            var row = next.hidden
            if let lengths = self.lengths {
                let now = graph.constant(Tensor([Int64(step)], shape: []), name: "step")
                let isWithin = try graph.apply(Less(), now, lengths)
                let zero = graph.constant(Tensor([Float(0)], shape: []), name: "zero")
                row = try graph.apply(Where(), isWithin, row, zero)
                next.hidden = try graph.apply(Where(), isWithin, next.hidden, state.hidden)
                next.cell = try graph.apply(Where(), isWithin, next.cell, state.cell)
            }
            rows[step] = try graph.apply(Unsqueeze(axes: [0]), row)
            state = next
        }
        let sequence = try graph.append(Concat(axis: 0), rows)[0]
        return (sequence, self.network.cell == .lstm ? [state.hidden, state.cell] : [state.hidden])
    }

    private struct State {
        var hidden: ValueID
        /// Of an LSTM only; elsewhere it stays as it begins.
        var cell: ValueID
    }

    private func turned(_ graph: inout Graph, _ index: Int) throws(GraphError) -> ValueID {
        guard let weights = self.inputs[index] else { throw GraphError(.arity, self.network.name, "input \(index) is absent") }
        return try graph.apply(Transpose(permutation: [1, 0]), weights)
    }

    private func initial(_ graph: inout Graph, _ index: Int) throws(GraphError) -> ValueID {
        if let given = self.inputs[index], index == 5 || self.network.cell == .lstm { return given }
        return graph.constant(Tensor(zeros: TensorType(.float32, [self.batch, self.hidden])), name: "state")
    }

    private func activated(_ graph: inout Graph, _ function: Int, _ x: ValueID) throws(GraphError) -> ValueID {
        let held = try self.network.clip.map { (limit) throws(GraphError) in
            try graph.apply(Clip(min: Double(-limit), max: Double(limit)), x)
        }
        return try self.functions[function].emit(&graph, held ?? x)
    }

    private func step(
        _ graph: inout Graph, _ input: ValueID, _ recurrent: ValueID, _ bias: ValueID?, _ state: State
    ) throws(GraphError) -> State {
        if self.network.cell == .gru {
            return State(hidden: try self.gru(&graph, input, recurrent, bias, state.hidden), cell: state.cell)
        }
        var sum = try graph.apply(Add(), input, try graph.apply(MatMul(), state.hidden, recurrent))
        if let bias { sum = try graph.apply(Add(), sum, bias) }
        if self.network.cell == .lstm { return try self.lstm(&graph, sum, state) }
        return State(hidden: try self.activated(&graph, 0, sum), cell: state.cell)
    }

    /// Gates z, r and h: h' = (1 - z) g + z h.
    private func gru(
        _ graph: inout Graph, _ input: ValueID, _ recurrent: ValueID, _ bias: ValueID?, _ hidden: ValueID
    ) throws(GraphError) -> ValueID {
        let split = Split(axis: -1, sizes: [2 * self.hidden, self.hidden])
        let (given, weights) = (try graph.append(split, [input]), try graph.append(split, [recurrent]))
        let biases = try bias.map { (id) throws(GraphError) in try graph.append(split, [id]) }
        func product(_ h: ValueID, _ part: Int) throws(GraphError) -> ValueID {
            let product = try graph.apply(MatMul(), h, weights[part])
            guard let biases else { return product }
            return try graph.apply(Add(), product, biases[part])
        }
        let gates = try self.activated(&graph, 0, try graph.apply(Add(), given[0], try product(hidden, 0)))
        let apart = try graph.append(Split(axis: -1, sizes: [self.hidden, self.hidden]), [gates])
        let (keep, reset) = (apart[0], apart[1])
        let memory: ValueID
        if self.network.resetsAfterProduct {
            memory = try graph.apply(Mul(), reset, try product(hidden, 1))
        } else {
            memory = try product(try graph.apply(Mul(), reset, hidden), 1)
        }
        let new = try self.activated(&graph, 1, try graph.apply(Add(), given[1], memory))
        let change = try graph.apply(Mul(), keep, try graph.apply(Sub(), hidden, new))
        return try graph.apply(Add(), new, change)
    }

    /// Gates i, o, f and c, with peepholes to the cell.
    private func lstm(_ graph: inout Graph, _ sum: ValueID, _ state: State) throws(GraphError) -> State {
        let size = self.hidden
        let gates = try graph.append(Split(axis: -1, sizes: [size, size, size, size]), [sum])
        let holes = try self.inputs[7].map { (id) throws(GraphError) in
            try graph.append(Split(axis: 0, sizes: [size, size, size]), [id])
        }
        func gate(_ index: Int, _ cell: ValueID) throws(GraphError) -> ValueID {
            guard let holes else { return try self.activated(&graph, 0, gates[index]) }
            let seen = try graph.apply(Mul(), holes[index], cell)
            return try self.activated(&graph, 0, try graph.apply(Add(), gates[index], seen))
        }
        let enter = try gate(0, state.cell)
        let forget: ValueID
        if self.network.couplesForget {
            forget = try graph.apply(Sub(), graph.constant(Tensor([Float(1)], shape: []), name: "one"), enter)
        } else {
            forget = try gate(2, state.cell)
        }
        let new = try graph.apply(Mul(), enter, try self.activated(&graph, 1, gates[3]))
        let cell = try graph.apply(Add(), try graph.apply(Mul(), forget, state.cell), new)
        let leave = try gate(1, cell)
        let held = try self.functions[2].emit(&graph, cell)
        return State(hidden: try graph.apply(Mul(), leave, held), cell: cell)
    }
}
