/// `exp(x - peak) / sum(exp(x - peak))` along one axis. ONNX `Softmax` 13.
///
/// Minus infinity gives 0; a row of nothing but minus infinities gives NaN, as in ONNX and PyTorch.
package struct Softmax: SoftmaxForm {
    package static let schema = OperatorSchema("Softmax", inputs: ["input"], outputs: ["output"])

    package let axis: Int

    package init(axis: Int = -1) {
        self.axis = axis
    }

    package var gradient: Gradient {
        .rule { [self] (context) throws(GraphError) in
            [try context.emit(SoftmaxGradient(forward: self), context.outputs[0], try context.dy())]
        }
    }
}
