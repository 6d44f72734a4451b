package import Graph

extension CumSum: Executable {
    package static let implementations: [Implementation<CumSum>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let type = problem.input(0)
            let layout = AxisLayout(type, axis: op.axis)
            let access = ElementAccess(type.dataType)
            return ClosureKernel { (call) throws(KernelError) in
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
                for line in 0..<layout.lineCount {
                    let start = layout.start(line)
                    var total = 0.0
                    var integer: Int64 = 0
                    for step in 0..<layout.size {
                        let element = start + (op.isReverse ? layout.size - 1 - step : step) * layout.inner
                        let (before, integerBefore) = (total, integer)
                        if access.isFloating {
                            total += access.double(x, element)
                            access.store(op.isExclusive ? before : total, y, element)
                        } else {
                            integer &+= access.integer(x, element)
                            access.store(integer: op.isExclusive ? integerBefore : integer, y, element)
                        }
                    }
                }
            }
        }
    ]
}
