import Graph

extension Node {
    /// Inputs whose elements the node moves without looking at them; empty for operators that compute.
    var movedInputs: [Int] {
        switch self.op {
        case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose, is Slice, is Split, is Gather, is Identity: [0]
        case is Concat: Array(self.inputs.indices)
        default: []
        }
    }
}
