package import CKernels
package import Graph

/// A C function on broadcast pairs of float32 or bfloat16; over more than two inputs it runs from left to right.
package struct BinaryKernel: Kernel {
    package typealias Function =
        @Sendable @convention(c) (
            UnsafePointer<ck_broadcast>?, UnsafeRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?
        ) -> Void

    private let function: Function
    private let plans: [ck_broadcast]
    package let inPlaceInputs: [Int]

    /// Nil when the problem is not of one of the types, or broadcasts over too many axes.
    package init?(_ problem: KernelProblem, types: Set<DataType> = [.float32, .bfloat16], _ function: @escaping Function) {
        guard let type = problem.elementType, types.contains(type), problem.inputs.count >= 2 else { return nil }
        let output = problem.outputs[0]
        var plans: [ck_broadcast] = []
        for index in 1..<problem.inputs.count {
            let left = index == 1 ? problem.input(0).shape : output.shape
            guard var plan = ck_broadcast([left, problem.input(index).shape], to: output.shape) else { return nil }
            plan.is_bf16 = type == .bfloat16
            plans.append(plan)
        }
        self.function = function
        self.plans = plans
        // With more inputs the first pass would overwrite one that is read later.
        self.inPlaceInputs = plans.count == 1 ? [0, 1].filter { problem.input($0) == output } : []
    }

    package func run(_ call: KernelCall) {
        for index in self.plans.indices {
            let left = index == 0 ? call.bytes(0) : UnsafeRawPointer(call.outputBytes(0))
            withUnsafePointer(to: self.plans[index]) { self.function($0, left, call.bytes(index + 1), call.outputBytes(0)) }
        }
    }
}

/// A C comparison of broadcast float32 pairs.
package struct ComparisonKernel: Kernel {
    package typealias Function =
        @Sendable @convention(c) (
            UnsafePointer<ck_broadcast>?, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<UInt8>?
        ) -> Void

    private let function: Function
    private let plan: ck_broadcast

    /// Nil when the inputs are not float32, or broadcast over too many axes.
    package init?(_ problem: KernelProblem, _ function: @escaping Function) {
        guard problem.input(0).dataType == .float32,
            let plan = ck_broadcast([problem.input(0).shape, problem.input(1).shape], to: problem.outputs[0].shape)
        else { return nil }
        self.function = function
        self.plan = plan
    }

    package func run(_ call: KernelCall) {
        withUnsafePointer(to: self.plan) { self.function($0, call.input(0), call.input(1), call.output(0, as: UInt8.self)) }
    }
}

/// The reference of broadcasting operators: a function of two Doubles, one of integers, and one of `uint64` where its bits
/// mean something else to the operator.
package struct BinaryReference: Kernel {
    private let inputs: [ElementAccess]
    private let output: ElementAccess
    private let index: StridedIndex
    private let double: @Sendable (Double, Double) -> Double
    private let integer: (@Sendable (Int64, Int64) -> Int64)?

    package init(
        _ problem: KernelProblem, _ double: @escaping @Sendable (Double, Double) -> Double,
        integer: (@Sendable (Int64, Int64) -> Int64)? = nil, unsigned: (@Sendable (UInt64, UInt64) -> UInt64)? = nil
    ) {
        let shape = problem.outputs[0].shape
        let types = problem.inputs.compactMap { $0 }
        self.inputs = types.map { ElementAccess($0.dataType) }
        self.output = ElementAccess(problem.outputs[0].dataType)
        self.index = StridedIndex(shape, strides: types.map { Broadcast.strides(of: $0.shape, as: shape) })
        self.double = double
        if self.inputs.contains(where: \.isFloating) {
            self.integer = nil
        } else if let unsigned, self.inputs[0].type == .uint64 {
            self.integer = { Int64(bitPattern: unsigned(UInt64(bitPattern: $0), UInt64(bitPattern: $1))) }
        } else {
            self.integer = integer
        }
    }

    package func run(_ call: KernelCall) {
        let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
        for element in 0..<self.index.count {
            if let integer = self.integer {
                self.output.store(integer: self.fold(call, element, ElementAccess.integer, integer), y, element)
            } else {
                self.output.store(self.fold(call, element, ElementAccess.double, self.double), y, element)
            }
        }
    }

    private func fold<Number>(
        _ call: KernelCall, _ element: Int, _ load: (ElementAccess) -> (UnsafeRawPointer, Int) -> Number,
        _ join: (Number, Number) -> Number
    ) -> Number {
        func value(_ input: Int) -> Number {
            load(self.inputs[input])(UnsafeRawPointer(call.input(input, as: UInt8.self)), self.index.offset(element, input))
        }
        return self.inputs.indices.dropFirst().reduce(value(0)) { join($0, value($1)) }
    }
}

extension Implementation {
    /// The implementation `simd` by a broadcasting C function.
    /// - Parameter types: element types that the function takes.
    package static func simd(
        _ function: @escaping BinaryKernel.Function, types: Set<DataType> = [.float32, .bfloat16]
    ) -> Implementation {
        Implementation("simd") { (_, problem) throws(KernelError) in BinaryKernel(problem, types: types, function) }
    }

    /// The implementation `simd` by a C comparison.
    package static func simd(_ function: @escaping ComparisonKernel.Function) -> Implementation {
        Implementation("simd") { (_, problem) throws(KernelError) in ComparisonKernel(problem, function) }
    }

    /// The reference by functions of two numbers.
    package static func reference(
        _ double: @escaping @Sendable (Double, Double) -> Double, integer: (@Sendable (Int64, Int64) -> Int64)? = nil,
        unsigned: (@Sendable (UInt64, UInt64) -> UInt64)? = nil
    ) -> Implementation {
        Implementation("reference") { (_, problem) throws(KernelError) in
            BinaryReference(problem, double, integer: integer, unsigned: unsigned)
        }
    }
}
