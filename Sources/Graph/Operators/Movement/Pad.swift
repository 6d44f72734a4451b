/// Adds elements at the ends of axes, or with negative numbers removes them. ONNX `Pad` 19.
package struct Pad: OnnxOperator {
    package static let schema = OperatorSchema("Pad", inputs: ["data"])

    package enum Mode: String, Sendable, Hashable {
        case constant
        /// Mirrored at the end element, which is not repeated.
        case reflect
        /// The end element again and again.
        case edge
        /// From the other end.
        case wrap
    }

    /// Elements added before each axis of the input, in order.
    package let before: [Int]
    /// Elements added after each axis.
    package let after: [Int]
    /// What `.constant` adds.
    package let value: Double
    package let mode: Mode
    /// The input's type, for writing a value other than 0.
    package let valueType: DataType

    package init(
        before: [Int], after: [Int], value: Double = 0, mode: Mode = .constant, valueType: DataType = .float32
    ) {
        self.before = before
        self.after = after
        self.value = value
        self.mode = mode
        self.valueType = valueType
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let text = try reader.string("mode") ?? "constant"
        guard let mode = Mode(rawValue: text) else { throw GraphError(.attribute, "Pad", "mode = \(text)") }
        let input = try reader.type(input: 0)
        // Attributes before opset 11.
        guard let pads = try reader.ints("pads", orInput: 1) else {
            throw GraphError(.arity, "Pad", "pads are absent")
        }
        var value = Double(try reader.float("value") ?? 0)
        if let tensor = try reader.constant(input: 2) {
            guard let number = tensor.scalar else { throw GraphError(.shape, "Pad", "constant_value is \(tensor.type)") }
            value = number
        }
        let axes = try reader.constantInts(input: 3) ?? Array(0..<input.rank)
        guard pads.count == 2 * axes.count else { throw GraphError(.attribute, "Pad", "\(pads.count) pads for \(input)") }
        var before = [Int](repeating: 0, count: input.rank)
        var after = before
        for (index, axis) in axes.enumerated() {
            guard axis >= -input.rank, axis < input.rank else { throw GraphError(.attribute, "Pad", "axis \(axis) for \(input)") }
            let axis = axis < 0 ? axis + input.rank : axis
            before[axis] = pads[index]
            after[axis] = pads[axes.count + index]
        }
        self.init(before: before, after: after, value: value, mode: mode, valueType: input.dataType)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard self.before.count == x.rank, self.after.count == x.rank else {
            throw GraphError(.attribute, "Pad", "\(self.before) and \(self.after) for \(x)")
        }
        if self.mode == .constant, self.value != 0, !ElementTypes.ordered.contains(x.dataType), x.dataType != .bool {
            throw GraphError(.dataType, "Pad", "value other than 0 for \(x)")
        }
        var shape: [Int] = []
        for axis in x.shape.indices { shape.append(try self.paddedSize(x.shape[axis], self.before[axis], self.after[axis])) }
        return [TensorType(x.dataType, shape)]
    }

    private func paddedSize(_ size: Int, _ before: Int, _ after: Int) throws(GraphError) -> Int {
        let (partial, overflow) = size.addingReportingOverflow(before)
        let (padded, overflow2) = partial.addingReportingOverflow(after)
        guard !overflow, !overflow2, padded >= 0 else {
            throw GraphError(.shape, "Pad", "\(before) and \(after) around \(size) elements")
        }
        let most = Swift.max(before, after)
        let fits =
            switch self.mode {
            case .constant: before >= -size && after >= -size
            case .edge, .reflect, .wrap: size > 0 || most <= 0
            }
        guard fits else { throw GraphError(.shape, "Pad", "\(before) and \(after) around \(size) elements in mode \(self.mode)") }
        return padded
    }

    package var gradient: Gradient {
        let op = self
        return .rule { (context) throws(GraphError) in
            guard op.mode == .constant else { throw GraphError(.gradient, "Pad", "no gradient in mode \(op.mode)") }
            return [try context.emit(Pad(before: op.before.map { -$0 }, after: op.after.map { -$0 }), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        guard self.mode != .wrap || opset >= 19 else { return .none(reason: "Pad in mode wrap needs opset 19") }
        var constants: [Tensor?] = [Tensor(axes: self.before + self.after)]
        if self.mode == .constant, self.value != 0 { constants.append(Tensor(self.value, as: self.valueType)) }
        return .node(OnnxNode("Pad", [("mode", .string(self.mode.rawValue))], constants: constants))
    }
}
