/// `x - peak - log(sum(exp(x - peak)))` along one axis. ONNX `LogSoftmax` 13.
package struct LogSoftmax: SoftmaxForm {
    package static let schema = OperatorSchema("LogSoftmax", inputs: ["input"], outputs: ["output"])

    package let axis: Int

    package init(axis: Int = -1) {
        self.axis = axis
    }

    package var gradient: Gradient {
        .rule { [self] (context) throws(GraphError) in
            [try context.emit(LogSoftmaxGradient(forward: self), context.outputs[0], try context.dy())]
        }
    }
}
