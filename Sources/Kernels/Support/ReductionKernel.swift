package import CKernels
package import Graph

extension Reduction {
    /// The reduced axes of a shape that the type rule has accepted.
    fileprivate func axes(of type: TensorType) -> [Int] {
        guard let axes = try? self.normalizedAxes(rank: type.rank, in: "Reduce") else {
            preconditionFailure("\(self) was accepted for \(type)")
        }
        return axes
    }
}

/// A float32 reduction in C. The result is the same for any number of threads.
package struct ReductionKernel: Kernel {
    package typealias Function =
        @Sendable @convention(c) (
            UnsafePointer<ck_reduction>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?
        ) -> Void

    private let function: Function
    private let plan: ck_reduction
    package let workspaceByteCount: Int

    /// Nil when the problem is not float32, empty, or has too many axes.
    package init?(_ problem: KernelProblem, _ reduction: Reduction, _ function: @escaping Function) {
        let type = problem.input(0)
        guard problem.isFloat32, let plan = ck_reduction(type.shape, axes: reduction.axes(of: type)) else { return nil }
        self.function = function
        self.plan = plan
        self.workspaceByteCount = plan.workspaceByteCount
    }

    package func run(_ call: KernelCall) {
        let workspace = call.workspace?.assumingMemoryBound(to: Float.self)
        withUnsafePointer(to: self.plan) { self.function($0, call.input(0), call.output(0), workspace) }
    }
}

/// The reference of reductions: joins Doubles, or integers, in row-major order.
package struct ReductionReference: Kernel {
    private let input: ElementAccess
    private let output: ElementAccess
    private let kept: StridedIndex
    private let reduced: StridedIndex
    private let identity: Double
    private let join: @Sendable (Double, Double) -> Double
    private let prepare: (@Sendable (Double) -> Double)?
    private let finish: (@Sendable (Double, Int) -> Double)?
    private let integer: (@Sendable (Int64, Int64) -> Int64)?

    /// - Parameters:
    ///   - identity: the result of joining nothing; an infinity is the end of the type's range.
    ///   - integer: joins integers as `ElementAccess` reads them, `uint64` by its bits.
    ///   - prepare: applied to every element.
    ///   - finish: applied to the result and the number of elements behind it.
    package init(
        _ problem: KernelProblem, _ reduction: Reduction, identity: Double = 0,
        _ join: @escaping @Sendable (Double, Double) -> Double, integer: (@Sendable (Int64, Int64) -> Int64)? = nil,
        prepare: (@Sendable (Double) -> Double)? = nil,
        finish: (@Sendable (Double, Int) -> Double)? = nil
    ) {
        let type = problem.input(0)
        let reduced = reduction.axes(of: type)
        let kept = type.shape.indices.filter { !reduced.contains($0) }
        self.input = ElementAccess(type.dataType)
        self.output = ElementAccess(problem.outputs[0].dataType)
        self.kept = StridedIndex(kept.map { type.shape[$0] }, strides: [kept.map { type.strides[$0] }])
        self.reduced = StridedIndex(reduced.map { type.shape[$0] }, strides: [reduced.map { type.strides[$0] }])
        // False is the least truth value; a number below it would count as true.
        self.identity = self.output.type == .bool ? max(identity, 0) : identity
        self.join = join
        self.prepare = prepare
        self.finish = finish
        self.integer = self.input.isFloating ? nil : integer
    }

    package func run(_ call: KernelCall) {
        let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
        let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
        for result in 0..<self.kept.count {
            let base = self.kept.offset(result, 0)
            guard self.reduced.count > 0 else {
                self.output.store(self.finish.map { $0(self.identity, 0) } ?? self.identity, y, result)
                continue
            }
            if let integer = self.integer {
                self.output.store(integer: self.fold(base, integer) { self.input.integer(x, $0) }, y, result)
            } else {
                let total = self.fold(base, self.join) { element in
                    let value = self.input.double(x, element)
                    return self.prepare.map { $0(value) } ?? value
                }
                self.output.store(self.finish.map { $0(total, self.reduced.count) } ?? total, y, result)
            }
        }
    }

    private func fold<Number>(
        _ base: Int, _ join: (Number, Number) -> Number, _ element: (Int) -> Number
    ) -> Number {
        var total = element(base)
        for index in 1..<self.reduced.count { total = join(total, element(base + self.reduced.offset(index, 0))) }
        return total
    }
}
