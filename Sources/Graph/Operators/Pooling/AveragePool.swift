/// The mean under a sliding window.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says, one to three spatial axes. ONNX `AveragePool` 19.
package struct AveragePool: OnnxOperator {
    package static let schema = OperatorSchema("AveragePool", inputs: ["x"])

    package let kernel: [Int]
    package let window: Window
    /// Output sizes are rounded up, so that the last window may reach behind the padding; what lies there never counts.
    package let ceilMode: Bool
    /// Padding counts as zeros in the mean.
    package let countIncludePad: Bool
    package let layout: ChannelLayout

    package init(
        kernel: [Int], window: Window, ceilMode: Bool = false, countIncludePad: Bool = false, layout: ChannelLayout = .first
    ) {
        self.kernel = kernel
        self.window = window
        self.ceilMode = ceilMode
        self.countIncludePad = countIncludePad
        self.layout = layout
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let (kernel, window) = try Window.pooling(onnx: &reader)
        self.init(
            kernel: kernel, window: window, ceilMode: try reader.int("ceil_mode") ?? 0 != 0,
            countIncludePad: try reader.int("count_include_pad") ?? 0 != 0, layout: .first)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let shape = try self.window.poolingShape(
            x, kernel: self.kernel, ceiling: self.ceilMode, layout: self.layout, ElementTypes.floating, in: self.name)
        return [TensorType(x.dataType, shape)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let shape = context.type(try context.input(0)).shape
            return [try context.emit(AveragePoolGradient(pool: self, inputShape: shape), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        guard opset >= 19 || self.window.dilations.allSatisfy({ $0 == 1 }) else {
            return .none(reason: "AveragePool has dilations only from opset 19 on")
        }
        var attributes = self.window.onnxAttributes + [("kernel_shape", .ints(self.kernel))]
        if self.ceilMode { attributes.append(("ceil_mode", .int(1))) }
        if self.countIncludePad { attributes.append(("count_include_pad", .int(1))) }
        let first = AveragePool(
            kernel: self.kernel, window: self.window, ceilMode: self.ceilMode, countIncludePad: self.countIncludePad)
        return self.layout.spelling(OnnxNode("AveragePool", attributes), first: first)
    }
}
