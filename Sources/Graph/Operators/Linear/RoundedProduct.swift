/// A fused product, or convolution, whose operands may be rounded to bfloat16 before they are multiplied.
///
/// With `precision` bfloat16 the sums stay float32; then activations, a residual and the result may be bfloat16 tensors,
/// weights and bias stay float32.
package protocol RoundedProduct: Operator {
    /// What operands are rounded to: float32 or bfloat16.
    var precision: DataType { get }
    /// Element type of the result of a product of precision bfloat16: float32 or bfloat16.
    var result: DataType { get }
}

extension RoundedProduct {
    /// The product takes bfloat16 tensors.
    package var readsBFloat16: Bool { self.precision == .bfloat16 }

    /// The type that an activation counts as beside float32 weights.
    package func widened(_ type: TensorType) -> TensorType {
        self.readsBFloat16 && type.dataType == .bfloat16 ? TensorType(.float32, type.shape) : type
    }

    /// Checks precision and element type of the result against each other.
    package func checkPrecision() throws(GraphError) {
        let isKnown = self.precision == .float32 || self.precision == .bfloat16
        guard isKnown, self.result == .float32 || (self.result == .bfloat16 && self.readsBFloat16) else {
            throw GraphError(.dataType, self.name, "a result of \(self.result) with precision \(self.precision)")
        }
    }
}

extension FusedMatMul: RoundedProduct {}
extension FusedConv: RoundedProduct {}
