import Graph

/// `Mul(Cast(MatMulInteger(x, w)), Mul(scale of x, scale of w))`, or with `ConvInteger`: an integer product whose sums become
/// numbers, as tools write products with a left operand that is quantised while the model runs.
struct DynamicProduct {
    private let product: Node
    private let scaleOfX: ValueID
    private let scaleOfW: ValueID
    /// The zero point of all weights.
    private let zeroOfW: Double
    /// What is added to each output channel of a convolution, in a shape that broadcasts over positions.
    private var bias: ValueID?
    private var name: String

    /// Nil for other nodes, and for products that have no place in bytes: the weights and what they stand for must be
    /// constant, with positive scales and one zero point.
    init?(_ node: Node, _ rewriter: Rewriter) {
        let graph = rewriter.old
        guard node.op is Mul, let left = node.inputs[0], let right = node.inputs[1] else { return nil }
        for (numbers, factor) in [(left, right), (right, left)] {
            guard let product = Self.product(of: numbers, rewriter), let steps = graph.producer(of: factor), steps.op is Mul,
                let first = steps.inputs[0], let second = steps.inputs[1]
            else { continue }
            let isFirstConstant = graph[first].constant != nil
            self.init(
                product, scaleOfX: isFirstConstant ? second : first, scaleOfW: isFirstConstant ? first : second, name: node.name,
                graph)
            return
        }
        return nil
    }

    /// The same convolution with its bias, as a sum behind it.
    init?(biased node: Node, _ rewriter: Rewriter) {
        let graph = rewriter.old
        guard node.op is Add, let left = node.inputs[0], let right = node.inputs[1] else { return nil }
        for (value, bias) in [(left, right), (right, left)] {
            let (type, shape) = (graph[value].type, graph[bias].type.shape)
            guard type.rank >= 3, shape.count <= type.rank, rewriter.hasOneReader(value), graph[bias].type.dataType == .float32,
                [Int](repeating: 1, count: type.rank - shape.count) + shape
                    == [1, type.shape[1]] + [Int](repeating: 1, count: type.rank - 2),
                let scaled = graph.producer(of: value), var match = DynamicProduct(scaled, rewriter),
                match.product.op is ConvInteger
            else { continue }
            match.bias = bias
            match.name = node.name
            self = match
            return
        }
        return nil
    }

    private init?(_ product: Node, scaleOfX: ValueID, scaleOfW: ValueID, name: String, _ graph: Graph) {
        let axis = Self.axis(product)
        guard let x = product.inputs[0], let w = product.inputs[1], graph[x].type.rank >= 2,
            product.op is ConvInteger || graph[w].type.rank == 2, graph[w].constant != nil,
            let scales = graph[scaleOfW].constant, scales.type.rank <= 1, scales.type.dataType == .float32,
            [1, graph[w].type.shape[axis]].contains(scales.type.elementCount),
            scales.array(of: Float.self).allSatisfy({ $0 > 0 && $0.isFinite }),
            graph.isNumber(scaleOfX), graph[scaleOfX].type.dataType == .float32,
            Self.zero(of: product, 2).map({ graph.isNumber($0) }) ?? true,
            graph[w].type.elementCount > 0,
            graph[w].type.elementCount / graph[w].type.shape[axis] <= Int8Product.mostDepth
        else { return nil }
        var zeros = [0.0]
        if let zero = Self.zero(of: product, 3) {
            guard let numbers = graph[zero].constant?.doubles, graph[zero].type.rank <= 1 else { return nil }
            zeros = numbers
        }
        guard let zero = zeros.first, zeros.allSatisfy({ $0 == zero }) else { return nil }
        self.product = product
        (self.scaleOfX, self.scaleOfW, self.zeroOfW, self.name) = (scaleOfX, scaleOfW, zero, name)
    }

    /// The integer product that numbers are cast from, where nobody else reads it.
    private static func product(of numbers: ValueID, _ rewriter: Rewriter) -> Node? {
        guard rewriter.hasOneReader(numbers), let cast = rewriter.old.producer(of: numbers), (cast.op as? Cast)?.to == .float32,
            let sums = cast.inputs[0], rewriter.hasOneReader(sums), let product = rewriter.old.producer(of: sums),
            product.op is MatMulInteger || product.op is ConvInteger
        else { return nil }
        return product
    }

    /// The axis of the weights along which their scale may change.
    private static func axis(_ product: Node) -> Int { product.op is ConvInteger ? 0 : 1 }

    private static func zero(of product: Node, _ input: Int) -> ValueID? {
        product.inputs.count > input ? product.inputs[input] : nil
    }

    /// The product of the numbers that the bytes stand for.
    func emit(_ rewriter: inout Rewriter) throws(GraphError) -> [ValueID] {
        let (x, w) = (self.product.inputs[0], self.product.inputs[1])
        let left = try rewriter.new.append(
            DequantizeLinear(), rewriter.mapped([x, self.scaleOfX] + (Self.zero(of: self.product, 2).map { [$0] } ?? [])),
            name: "\(self.name)/left")
        let shape = rewriter.old[self.scaleOfW].type.shape
        let type = w.map { rewriter.old[$0].type.dataType } ?? .int8
        let zeros = Tensor(zeros: TensorType(type, shape))
        for place in 0..<zeros.type.elementCount { ElementAccess(type).store(self.zeroOfW, zeros.rawPointer, place) }
        let right = try rewriter.new.append(
            DequantizeLinear(grid: QuantizationGrid(axis: Self.axis(self.product))),
            rewriter.mapped([w, self.scaleOfW]) + [rewriter.new.constant(zeros, name: "\(self.name)/zero_point")],
            name: "\(self.name)/right")
        guard let conv = self.product.op as? ConvInteger else {
            return try rewriter.new.append(MatMul(), left + right, name: self.name)
        }
        var inputs: [ValueID?] = left + right
        if let bias = self.bias {
            let count = rewriter.old[bias].type.elementCount
            inputs.append(try rewriter.new.apply(Reshape([count]), rewriter[bias], name: "\(self.name)/bias"))
        }
        return try rewriter.new.append(Conv(window: conv.window), inputs, name: self.name)
    }
}
