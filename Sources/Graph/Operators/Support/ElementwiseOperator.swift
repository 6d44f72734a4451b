/// An operator that works element by element on inputs of one shape (or scalars): it does not care in which order
/// the elements lie, so a pass may move it to another memory layout.
package protocol ElementwiseOperator: Operator {}

extension Add: ElementwiseOperator {}
extension Sub: ElementwiseOperator {}
extension Mul: ElementwiseOperator {}
extension Div: ElementwiseOperator {}
extension Relu: ElementwiseOperator {}
extension LeakyRelu: ElementwiseOperator {}
extension Gelu: ElementwiseOperator {}
extension Silu: ElementwiseOperator {}
extension Sigmoid: ElementwiseOperator {}
extension HardSigmoid: ElementwiseOperator {}
extension Tanh: ElementwiseOperator {}
extension Clip: ElementwiseOperator {}
extension Elu: ElementwiseOperator {}
extension HardSwish: ElementwiseOperator {}
extension Mish: ElementwiseOperator {}
extension Swish: ElementwiseOperator {}
extension Abs: ElementwiseOperator {}
extension Cast: ElementwiseOperator {}
extension Erf: ElementwiseOperator {}
extension Exp: ElementwiseOperator {}
extension Log: ElementwiseOperator {}
extension Max: ElementwiseOperator {}
extension Min: ElementwiseOperator {}
extension Neg: ElementwiseOperator {}
extension Pow: ElementwiseOperator {}
extension Reciprocal: ElementwiseOperator {}
extension Softplus: ElementwiseOperator {}
extension Sqrt: ElementwiseOperator {}
