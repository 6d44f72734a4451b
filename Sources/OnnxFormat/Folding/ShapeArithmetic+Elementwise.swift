import Graph

extension ShapeArithmetic {
    static let elementwise: [String: (attributes: Set<String>, rule: Rule)] = [
        "Add": (
            [],
            { (node) throws(GraphError) in
                try node.arithmetic({ $0.addingReportingOverflow($1) }) { $0 + $1 }
            }
        ),
        "Sub": (
            [],
            { (node) throws(GraphError) in
                try node.arithmetic({ $0.subtractingReportingOverflow($1) }) { $0 - $1 }
            }
        ),
        "Mul": (
            [],
            { (node) throws(GraphError) in
                try node.arithmetic({ $0.multipliedReportingOverflow(by: $1) }) { $0 * $1 }
            }
        ),
        "Div": (
            [],
            { (node) throws(GraphError) in
                // Division by zero reports overflow too.
                try node.arithmetic({ $0.dividedReportingOverflow(by: $1) }) { $0 / $1 }
            }
        ),
        "Mod": (
            ["fmod"],
            { (node) throws(GraphError) in
                guard try node.int("fmod") ?? 0 == 0, try node.input(0).ints != nil else { return nil }
                return try node.arithmetic(FoldedNode.modulo) { $0 / $1 }
            }
        ),
        "Equal": ([], { (node) throws(GraphError) in try node.comparison { $0 == $1 } }),
        "Less": ([], { (node) throws(GraphError) in try node.comparison { $0 < $1 } }),
        "LessOrEqual": ([], { (node) throws(GraphError) in try node.comparison { $0 <= $1 } }),
        "Greater": ([], { (node) throws(GraphError) in try node.comparison { $0 > $1 } }),
        "GreaterOrEqual": ([], { (node) throws(GraphError) in try node.comparison { $0 >= $1 } }),
        "And": ([], { (node) throws(GraphError) in try node.comparison { $0 != 0 && $1 != 0 } }),
        "Or": ([], { (node) throws(GraphError) in try node.comparison { $0 != 0 || $1 != 0 } }),
        "Not": ([], { (node) throws(GraphError) in try node.map({ ($0 == 0 ? 1 : 0, false) }) { $0 } }),
        "Min": ([], { (node) throws(GraphError) in try node.extreme { Swift.min($0, $1) } }),
        "Max": ([], { (node) throws(GraphError) in try node.extreme { Swift.max($0, $1) } }),
        "Neg": ([], { (node) throws(GraphError) in try node.map({ (0).subtractingReportingOverflow($0) }) { -$0 } }),
        "Abs": (
            [],
            { (node) throws(GraphError) in
                try node.map({ $0 < 0 ? (0).subtractingReportingOverflow($0) : ($0, false) }) { $0.magnitude }
            }
        ),
        "Floor": ([], { (node) throws(GraphError) in try node.map(nil) { $0.rounded(.down) } }),
        "Ceil": ([], { (node) throws(GraphError) in try node.map(nil) { $0.rounded(.up) } }),
        "Sqrt": ([], { (node) throws(GraphError) in try node.map(nil) { $0.squareRoot() } }),
        "Cast": (["to", "saturate"], { (node) throws(GraphError) in try node.cast() }),
        "Where": ([], { (node) throws(GraphError) in try node.chosen() }),
    ]
}

extension ShapeArithmetic.FoldedNode {
    fileprivate static func modulo(_ a: Int, _ b: Int) -> (partialValue: Int, overflow: Bool) {
        let (rest, overflow) = a.remainderReportingOverflow(dividingBy: b)
        // The result has the divisor's sign.
        return (rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest, overflow)
    }

    fileprivate func arithmetic(
        _ ints: (Int, Int) -> (partialValue: Int, overflow: Bool), _ floats: (Double, Double) -> Double
    ) throws(GraphError) -> SmallTensor? {
        let a = try self.input(0)
        let b = try self.input(1)
        guard let pairs = try self.pairs(a, b), a.dataType != .bool else { return nil }
        guard let left = a.ints, let right = b.ints else {
            let (left, right) = (a.doubles, b.doubles)
            return SmallTensor(a.dataType, pairs.shape, .floats(zip(pairs.a, pairs.b).map { floats(left[$0], right[$1]) }))
        }
        var result: [Int] = []
        for (i, j) in zip(pairs.a, pairs.b) {
            let (value, overflow) = ints(left[i], right[j])
            guard !overflow else { throw self.overflow() }
            result.append(value)
        }
        return SmallTensor(a.dataType, pairs.shape, .ints(result))
    }

    fileprivate func comparison(_ holds: (Double, Double) -> Bool) throws(GraphError) -> SmallTensor? {
        let a = try self.input(0)
        let b = try self.input(1)
        // Beyond 2^53 doubles are no longer exact.
        let isExact = [a, b].allSatisfy { $0.ints?.allSatisfy { $0.magnitude < 1 << 53 } ?? true }
        guard isExact, let pairs = try self.pairs(a, b) else { return nil }
        let (left, right) = (a.doubles, b.doubles)
        return SmallTensor(.bool, pairs.shape, .ints(zip(pairs.a, pairs.b).map { holds(left[$0], right[$1]) ? 1 : 0 }))
    }

    fileprivate func map(
        _ ints: ((Int) -> (partialValue: Int, overflow: Bool))?, _ floats: (Double) -> Double
    ) throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        guard let values = x.ints else { return SmallTensor(x.dataType, x.shape, .floats(x.doubles.map(floats))) }
        guard let ints else { return nil }
        var result: [Int] = []
        for value in values {
            let (mapped, overflow) = ints(value)
            guard !overflow else { throw self.overflow() }
            result.append(mapped)
        }
        return SmallTensor(x.dataType, x.shape, .ints(result))
    }

    fileprivate func extreme(_ choose: (Int, Int) -> Int) throws(GraphError) -> SmallTensor? {
        var result = try self.input(0)
        for index in self.inputs.indices.dropFirst() {
            let next = try self.input(index)
            guard let pairs = try self.pairs(result, next), let left = result.ints, let right = next.ints,
                let chosen = SmallTensor(
                    result.dataType, pairs.shape, .ints(zip(pairs.a, pairs.b).map { choose(left[$0], right[$1]) }))
            else { return nil }
            result = chosen
        }
        return result.ints == nil ? nil : result
    }

    fileprivate func cast() throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        guard let to = try self.int("to"), let type = DataType(onnxCode: to) else { return nil }
        switch type {
        case .float32, .float64: return SmallTensor(type, x.shape, .floats(x.doubles))
        case .bool: return SmallTensor(type, x.shape, .ints(x.doubles.map { $0 == 0 ? 0 : 1 }))
        case .int64, .int32, .uint8:
            if let values = x.ints { return SmallTensor(type, x.shape, .ints(values)) }
            let values = x.doubles.compactMap { Int(exactly: $0.rounded(.towardZero)) }
            return values.count == x.count ? SmallTensor(type, x.shape, .ints(values)) : nil
        default: return nil
        }
    }

    fileprivate func chosen() throws(GraphError) -> SmallTensor? {
        let condition = try self.input(0)
        let (a, b) = (try self.input(1), try self.input(2))
        guard a.dataType == b.dataType, let flags = condition.ints else { return nil }
        let shape = try Broadcast.shape(
            try Broadcast.shape(condition.shape, a.shape, in: self.type), b.shape, in: self.type)
        guard let where0 = positions(condition.shape, in: shape), let where1 = positions(a.shape, in: shape),
            let where2 = positions(b.shape, in: shape)
        else { return nil }
        if let left = a.ints, let right = b.ints {
            return SmallTensor(
                a.dataType, shape, .ints(where0.indices.map { flags[where0[$0]] != 0 ? left[where1[$0]] : right[where2[$0]] }))
        }
        let (left, right) = (a.doubles, b.doubles)
        return SmallTensor(
            a.dataType, shape, .floats(where0.indices.map { flags[where0[$0]] != 0 ? left[where1[$0]] : right[where2[$0]] }))
    }

    /// For each element of the broadcast result where its operands lie; nil when types differ or it is too large.
    private func pairs(_ a: SmallTensor, _ b: SmallTensor) throws(GraphError) -> (shape: [Int], a: [Int], b: [Int])? {
        guard a.dataType == b.dataType else { throw GraphError(.dataType, self.type, "\(a.dataType) and \(b.dataType)") }
        let shape = try Broadcast.shape(a.shape, b.shape, in: self.type)
        guard let left = positions(a.shape, in: shape), let right = positions(b.shape, in: shape) else { return nil }
        return (shape, left, right)
    }
}

/// For each element of `target`, in order, the index of the element of `shape` that is broadcast to it; nil when there
/// are too many to fold.
func positions(_ shape: [Int], in target: [Int]) -> [Int]? {
    guard let count = TensorType.checkedElementCount(target), count <= SmallTensor.mostInts else { return nil }
    return offsets(target, strides: Broadcast.strides(of: shape, as: target), count: count)
}

/// The offsets of a strided walk over `shape`, in row-major order; `count` is the shape's element count.
func offsets(_ shape: [Int], strides: [Int], start: Int = 0, count: Int) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(count)
    var position = [Int](repeating: 0, count: shape.count)
    var offset = start
    for _ in 0..<count {
        result.append(offset)
        var axis = shape.count - 1
        while axis >= 0 {
            position[axis] += 1
            offset += strides[axis]
            if position[axis] < shape[axis] { break }
            offset -= strides[axis] * shape[axis]
            position[axis] = 0
            axis -= 1
        }
    }
    return result
}
