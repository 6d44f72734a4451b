import Graph

extension ByteScale {
    /// What a node quantises to, or dequantises from: nil unless it is `QuantizeLinear` or `DequantizeLinear` between
    /// float32 and bytes with one constant scale and zero point.
    init?(_ node: Node, _ graph: Graph) {
        guard let x = node.inputs.first ?? nil, node.inputs.count > 1, let scale = node.inputs[1] else { return nil }
        let type: DataType
        switch node.op {
        case let quantize as QuantizeLinear:
            guard graph[x].type.dataType == .float32, quantize.precision ?? .float32 == .float32 else { return nil }
            type = quantize.to
        case let dequantize as DequantizeLinear:
            guard dequantize.to ?? .float32 == .float32 else { return nil }
            type = graph[x].type.dataType
        default: return nil
        }
        guard let zero = node.inputs.count > 2 ? node.inputs[2] : nil else {
            guard let step = graph.scale(scale) else { return nil }
            self.init(scale: step, zero: 0, type: type)
            return
        }
        self.init(scale, zero, graph)
    }

    /// A constant scale and a zero point of the bytes' type, one each; nil for others.
    init?(_ scale: ValueID, _ zero: ValueID, _ graph: Graph) {
        guard let step = graph.scale(scale), ElementTypes.bytes.contains(graph[zero].type.dataType),
            let number = graph.only(zero)
        else { return nil }
        self.init(scale: step, zero: Int(number), type: graph[zero].type.dataType)
    }
}

extension Graph {
    /// The element of a constant that has one, on at most one axis.
    fileprivate func only(_ id: ValueID) -> Double? { self[id].type.rank <= 1 ? self[id].constant?.scalar : nil }

    fileprivate func scale(_ id: ValueID) -> Float? {
        self[id].type.dataType == .float32 ? self.only(id).map { Float($0) } : nil
    }

    /// The bytes that a value is dequantised from.
    func bytes(of id: ValueID) -> (value: ValueID, scale: ByteScale)? {
        guard let node = self.producer(of: id), node.op is DequantizeLinear, let source = node.inputs[0],
            let scale = ByteScale(node, self)
        else { return nil }
        return (source, scale)
    }
}
