import Graph

/// Which elements of another value a value holds, and in which order: what a chain of reshapes, transpositions and cuts
/// comes to.
struct StridedView {
    /// Elements at equal distances.
    struct Axis: Equatable {
        var size: Int
        /// In elements of the root.
        var stride: Int
    }

    /// The value whose elements these are.
    let root: ValueID
    let rootType: TensorType
    /// The first element's place in the root.
    private(set) var offset = 0
    /// The places in order, outermost first: finer or coarser than the value's axes, sizes of 1 left out, neighbours joined
    /// where one distance serves both.
    private(set) var axes: [Axis]
    /// The value's own sizes.
    private(set) var shape: [Int]
    /// Transpositions on the way from the root.
    private(set) var transposeCount = 0

    /// The whole value, as it lies; nil for one without elements.
    init?(_ root: ValueID, _ type: TensorType) {
        guard type.elementCount > 0 else { return nil }
        self.root = root
        self.rootType = type
        self.shape = type.shape
        self.axes = Self.joined([Axis(size: type.elementCount, stride: 1)])
    }

    /// All elements of the root, in the root's order.
    var isWhole: Bool { self.isComplete && self.axes.count <= 1 }

    /// All elements of the root, in any order.
    var isComplete: Bool { self.offset == 0 && self.shape.reduce(1, *) == self.rootType.elementCount }

    /// What one output of a node holds of this value, its first input; nil for operators that do more than move elements,
    /// and for moves that equal distances do not describe.
    func after(_ node: Node, output: Int, _ graph: Graph) -> StridedView? {
        let shape = graph[node.outputs[output]].type.shape
        switch node.op {
        case is any ViewOperator: return output == 0 ? self.reshaped(shape) : nil
        case let op as Transpose: return self.transposed(op.order(rank: self.shape.count))
        case let op as Split:
            guard let axis = self.axis(op.axis) else { return nil }
            return self.cut(axis, from: op.sizes.prefix(output).reduce(0, +), count: op.sizes[output])
        case let op as Slice:
            guard let ranges = try? op.ranges(in: self.shape), ranges.allSatisfy({ $0.step == 1 && $0.count > 0 }) else {
                return nil
            }
            return ranges.enumerated().reduce(self as StridedView?) { view, range in
                view?.cut(range.offset, from: range.element.start, count: range.element.count)
            }
        case let op as Gather:
            guard let index = op.constantIndex(node, self.shape, graph), let axis = self.axis(op.axis) else { return nil }
            return self.cut(axis, from: index, count: 1)?.reshaped(shape)
        default: return nil
        }
    }

    private func axis(_ axis: Int) -> Int? {
        let axis = axis < 0 ? axis + self.shape.count : axis
        return self.shape.indices.contains(axis) ? axis : nil
    }

    /// The same elements in the same order under another shape.
    func reshaped(_ shape: [Int]) -> StridedView {
        var result = self
        result.shape = shape
        return result
    }

    func transposed(_ order: [Int]) -> StridedView? {
        guard let groups = self.groups() else { return nil }
        var result = self
        result.shape = order.map { self.shape[$0] }
        result.axes = Self.joined(order.flatMap { groups[$0] })
        result.transposeCount += 1
        return result
    }

    /// A range along one axis.
    private func cut(_ axis: Int, from start: Int, count: Int) -> StridedView? {
        guard count > 0, var groups = self.groups() else { return nil }
        if count == self.shape[axis] { return self }
        // Whole steps of the outermost part; a single element is found part by part.
        var group = groups[axis]
        var result = self
        result.shape[axis] = count
        if count == 1 {
            var rest = start
            for part in group.reversed() {
                result.offset += rest % part.size * part.stride
                rest /= part.size
            }
            groups[axis] = []
        } else {
            let inner = group.dropFirst().reduce(1) { $0 * $1.size }
            guard let outer = group.first, start % inner == 0, count % inner == 0 else { return nil }
            result.offset += start / inner * outer.stride
            group[0].size = count / inner
            groups[axis] = group
        }
        result.axes = Self.joined(groups.flatMap(\.self))
        return result
    }

    /// The places that make up each of the value's axes; nil where an axis ends within equal distances that its size does not
    /// divide.
    func groups() -> [[Axis]]? {
        var left = self.axes[...]
        var groups: [[Axis]] = []
        for size in self.shape {
            var group: [Axis] = []
            var rest = size
            while rest > 1 {
                guard let next = left.first else { return nil }
                if rest.isMultiple(of: next.size) {
                    group.append(left.removeFirst())
                    rest /= next.size
                } else if next.size.isMultiple(of: rest) {
                    let inner = next.size / rest
                    group.append(Axis(size: rest, stride: next.stride * inner))
                    left[left.startIndex] = Axis(size: inner, stride: next.stride)
                    rest = 1
                } else {
                    return nil
                }
            }
            groups.append(group)
        }
        return groups
    }

    private static func joined(_ axes: [Axis]) -> [Axis] {
        var result: [Axis] = []
        for axis in axes where axis.size != 1 {
            if let last = result.last, last.stride == axis.stride * axis.size {
                result[result.count - 1] = Axis(size: last.size * axis.size, stride: axis.stride)
            } else {
                result.append(axis)
            }
        }
        return result
    }
}

extension Gather {
    /// The one index that a node of this takes along its axis of a shape, which then is no axis any more; nil for others.
    func constantIndex(_ node: Node, _ shape: [Int], _ graph: Graph) -> Int? {
        let axis = self.axis < 0 ? self.axis + shape.count : self.axis
        guard let indices = node.inputs[1], graph[indices].type.rank == 0,
            let number = graph[indices].constant?.scalar.flatMap({ Int(exactly: $0) })
        else { return nil }
        let index = number < 0 ? number + shape[axis] : number
        return index >= 0 && index < shape[axis] ? index : nil
    }
}

/// The views that the values of a graph are, each of the earliest value that it can be traced to.
struct StridedViews {
    private var views: [ValueID: StridedView] = [:]

    /// - Parameter withCuts: a part of a value is a view of it, too.
    init(_ graph: Graph, withCuts: Bool) {
        for node in graph.nodes where withCuts || node.op is Transpose || node.op is any ViewOperator {
            guard let input = node.inputs.first ?? nil, let view = self.views[input] ?? StridedView(input, graph[input].type)
            else { continue }
            for (index, output) in node.outputs.enumerated() { self.views[output] = view.after(node, output: index, graph) }
        }
    }

    /// Nil for values that something computes.
    subscript(_ id: ValueID) -> StridedView? { self.views[id] }
}
