/// The mean over all spatial axes, which stay with size 1.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says. ONNX `GlobalAveragePool` 1.
package struct GlobalAveragePool: OnnxOperator {
    package static let schema = OperatorSchema("GlobalAveragePool", inputs: ["x"])

    package let layout: ChannelLayout

    package init(layout: ChannelLayout = .first) {
        self.layout = layout
    }

    package init(onnx reader: inout OnnxReader) {
        self.init(layout: .first)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        [try self.layout.globalPoolingType(try self.type(inputs, 0), in: self.name)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let shape = context.type(try context.input(0)).shape
            let area = self.layout.split(shape).spatial.reduce(1, *)
            let factor = context.graph.constant(Tensor([1 / Float(area)], shape: []), name: context.node.name + "/factor")
            return [try context.emit(Expand(shape), try context.emit(Mul(), try context.dy(), factor))]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.layout.spelling(OnnxNode("GlobalAveragePool"), first: GlobalAveragePool())
    }
}

extension ChannelLayout {
    /// The type of a global pooling: every spatial size becomes 1.
    package func globalPoolingType(_ x: TensorType, in subject: String) throws(GraphError) -> TensorType {
        guard ElementTypes.floating.contains(x.dataType) else { throw GraphError(.dataType, subject, "x is \(x)") }
        guard x.rank >= 3, x.elementCount > 0 else {
            throw GraphError(.shape, subject, "x is \(x), needs elements and three axes")
        }
        let (batch, channels, spatial) = self.split(x.shape)
        return TensorType(x.dataType, self.join(batch: batch, channels: channels, spatial: spatial.map { _ in 1 }))
    }
}
