import CKernels
package import Graph

extension SquaredDistances: Executable {
    package static let implementations: [Implementation<SquaredDistances>] = [
        Implementation("tiles") { _, problem in
            let (x, y) = (problem.input(0).shape, problem.input(1).shape)
            return ClosureKernel { call in
                ck_squared_distances(call.input(0), call.input(1), call.output(0), x[0], y[0], x[1])
            }
        },
        Implementation("reference") { _, problem in
            let (x, y) = (problem.input(0).shape, problem.input(1).shape)
            return ClosureKernel { call in
                let (left, right, d) = (call.input(0), call.input(1), call.output(0))
                for i in 0..<x[0] {
                    for j in 0..<y[0] {
                        var sum = 0.0
                        for k in 0..<x[1] {
                            let difference = Double(left[i * x[1] + k]) - Double(right[j * x[1] + k])
                            sum += difference * difference
                        }
                        d[i * y[0] + j] = Float(sum)
                    }
                }
            }
        },
    ]
}
