/// An operator that makes one element of all along some axes, in whatever order they lie.
package protocol ReducingOperator: Operator {
    var reduction: Reduction { get }

    init(_ reduction: Reduction)
}

extension ReduceL2: ReducingOperator {}
extension ReduceMax: ReducingOperator {}
extension ReduceMean: ReducingOperator {}
extension ReduceMin: ReducingOperator {}
extension ReduceProd: ReducingOperator {}
extension ReduceSum: ReducingOperator {}
