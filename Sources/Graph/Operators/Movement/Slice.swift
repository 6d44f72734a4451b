/// Takes every `step`-th element of ranges along axes. ONNX `Slice` 13.
package struct Slice: OnnxOperator {
    package static let schema = OperatorSchema("Slice", inputs: ["data"])

    /// Where a slice lies along one axis of a shape.
    package struct Range: Sendable, Hashable {
        package let start: Int
        package let step: Int
        package let count: Int
    }

    /// Negative numbers count from the end; what lies outside is moved to the nearest end.
    package let starts: [Int]
    /// Exclusive; as `starts`.
    package let ends: [Int]
    /// Possibly negative; empty means the first axes in order.
    package let axes: [Int]
    /// Not 0; empty means 1.
    package let steps: [Int]

    package init(starts: [Int], ends: [Int], axes: [Int] = [], steps: [Int] = []) {
        self.starts = starts
        self.ends = ends
        self.axes = axes
        self.steps = steps
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        if reader.opset < 10 {
            let starts = try reader.ints("starts") ?? []
            self.init(starts: starts, ends: try reader.ints("ends") ?? [], axes: try reader.ints("axes") ?? [])
            return
        }
        guard let starts = try reader.constantInts(input: 1), let ends = try reader.constantInts(input: 2) else {
            throw GraphError(.arity, "Slice", "starts or ends are absent")
        }
        let axes = try reader.constantInts(input: 3) ?? []
        self.init(starts: starts, ends: ends, axes: axes, steps: try reader.constantInts(input: 4) ?? [])
    }

    /// The range along every axis of a shape.
    package func ranges(in shape: [Int]) throws(GraphError) -> [Range] {
        let count = self.starts.count
        guard self.ends.count == count, self.axes.isEmpty || self.axes.count == count,
            self.steps.isEmpty || self.steps.count == count, count <= shape.count
        else { throw GraphError(.attribute, "Slice", "starts, ends, axes and steps differ in number") }
        var result = shape.map { Range(start: 0, step: 1, count: $0) }
        var seen = Set<Int>()
        for index in 0..<count {
            let axis = try self.normalizedAxis(self.axes.isEmpty ? index : self.axes[index], rank: shape.count)
            guard seen.insert(axis).inserted else { throw GraphError(.attribute, "Slice", "axis \(axis) is named twice") }
            let step = self.steps.isEmpty ? 1 : self.steps[index]
            guard step != 0 else { throw GraphError(.attribute, "Slice", "step 0") }
            result[axis] = Self.range(self.starts[index], self.ends[index], step, size: shape[axis])
        }
        return result
    }

    private static func range(_ start: Int, _ end: Int, _ step: Int, size: Int) -> Range {
        let bounds = step > 0 ? (low: 0, high: size) : (low: -1, high: size - 1)
        func clamped(_ value: Int) -> Int {
            min(max(value < 0 ? value + size : value, bounds.low), bounds.high)
        }
        let from = max(clamped(start), 0)
        let distance = step > 0 ? clamped(end) - from : from - clamped(end)
        guard distance > 0, size > 0 else { return Range(start: 0, step: 1, count: 0) }
        let count = (distance - 1) / Int(clamping: step.magnitude) + 1
        // A step of one element is never taken; 1 keeps its multiples small.
        return Range(start: from, step: count == 1 ? 1 : step, count: count)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        return [TensorType(x.dataType, try self.ranges(in: x.shape).map(\.count))]
    }

    package var gradient: Gradient {
        let op = self
        return .rule { (context) throws(GraphError) in
            let shape = context.type(try context.input(0)).shape
            let ranges = try op.ranges(in: shape)
            guard ranges.allSatisfy({ $0.step == 1 }) else {
                return [try context.emit(SliceGradient(slice: op, shape: shape), try context.dy())]
            }
            let after = zip(shape, ranges).map { $0 - $1.start - $1.count }
            return [try context.emit(Pad(before: ranges.map(\.start), after: after), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        let axes = self.axes.isEmpty ? Array(self.starts.indices) : self.axes
        let steps = self.steps.isEmpty ? [Int](repeating: 1, count: self.starts.count) : self.steps
        return .node(OnnxNode("Slice", constants: [self.starts, self.ends, axes, steps].map { Tensor(axes: $0) }))
    }
}
