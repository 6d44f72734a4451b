/// The largest element under a sliding window; padding never wins. A window that holds NaN gives NaN.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says, one to three spatial axes; any number type.
/// ONNX `MaxPool` 12.
package struct MaxPool: OnnxOperator {
    package static let schema = OperatorSchema("MaxPool", inputs: ["x"], outputs: ["y", "indices"])

    /// How output `indices` counts the elements of x: batch and channels outermost, the spatial axes in or against their order.
    package enum Indices: Int, Sendable, Hashable {
        case rowMajor = 0
        case columnMajor = 1
    }

    package let kernel: [Int]
    package let window: Window
    /// Output sizes are rounded up, so that the last window may reach behind the padding.
    package let ceilMode: Bool
    /// Nil where the places of the largest elements are not asked for.
    package let indices: Indices?
    package let layout: ChannelLayout

    package init(
        kernel: [Int], window: Window, ceilMode: Bool = false, indices: Indices? = nil, layout: ChannelLayout = .first
    ) {
        self.kernel = kernel
        self.window = window
        self.ceilMode = ceilMode
        self.indices = indices
        self.layout = layout
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let order = try reader.int("storage_order") ?? 0
        guard let indices = Indices(rawValue: order) else {
            throw GraphError(.attribute, reader.type, "storage_order is \(order)")
        }
        let (kernel, window) = try Window.pooling(onnx: &reader)
        self.init(
            kernel: kernel, window: window, ceilMode: try reader.int("ceil_mode") ?? 0 != 0,
            indices: reader.outputCount > 1 ? indices : nil)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let shape = try self.window.poolingShape(
            x, kernel: self.kernel, ceiling: self.ceilMode, layout: self.layout, ElementTypes.numeric, in: self.name)
        guard self.indices != nil else { return [TensorType(x.dataType, shape)] }
        guard self.layout == .first else { throw GraphError(.attribute, self.name, "indices count channels first") }
        return [TensorType(x.dataType, shape), TensorType(.int64, shape)]
    }

    package var gradient: Gradient {
        if self.indices != nil { return .none(reason: "indices have no gradient") }
        return .rule { (context) throws(GraphError) in
            [try context.emit(MaxPoolGradient(pool: self), try context.input(0), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        var attributes = self.window.onnxAttributes + [("kernel_shape", .ints(self.kernel))]
        if self.ceilMode { attributes.append(("ceil_mode", .int(1))) }
        if self.indices == .columnMajor { attributes.append(("storage_order", .int(1))) }
        let first = MaxPool(kernel: self.kernel, window: self.window, ceilMode: self.ceilMode)
        return self.layout.spelling(OnnxNode("MaxPool", attributes), first: first)
    }
}

extension Window {
    /// Reads `kernel_shape` and the window of a pooling node.
    package static func pooling(onnx reader: inout OnnxReader) throws(GraphError) -> (kernel: [Int], window: Window) {
        guard let x = reader.inputs.first ?? nil, x.rank >= 3 else {
            throw GraphError(.shape, reader.type, "x needs at least three axes")
        }
        guard let kernel = try reader.ints("kernel_shape") else {
            throw GraphError(.attribute, reader.type, "kernel_shape is absent")
        }
        return (kernel, try Window(onnx: &reader, kernel: kernel, input: Array(x.shape.dropFirst(2))))
    }

    /// The output shape of a pooling operator.
    package func poolingShape(
        _ x: TensorType, kernel: [Int], ceiling: Bool, layout: ChannelLayout, _ accepted: Set<DataType>, in subject: String
    ) throws(GraphError) -> [Int] {
        guard accepted.contains(x.dataType) else { throw GraphError(.dataType, subject, "x is \(x)") }
        guard (3...5).contains(x.rank) else { throw GraphError(.shape, subject, "x is \(x), needs three to five axes") }
        guard self.groups == 1 else { throw GraphError(.attribute, subject, "pooling has no groups") }
        let (batch, channels, spatial) = layout.split(x.shape)
        let sizes = try self.outputSizes(spatial, kernel: kernel, ceiling: ceiling, in: subject)
        for axis in spatial.indices {
            let reach = (kernel[axis] - 1) * self.dilations[axis] + 1
            guard self.padsBefore[axis] < reach, self.padsAfter[axis] < reach else {
                throw GraphError(.attribute, subject, "a window of size \(reach) would lie in the padding of axis \(axis)")
            }
        }
        return layout.join(batch: batch, channels: channels, spatial: sizes)
    }
}
