import Graph

/// A C function on each float32 or bfloat16 element, in place where possible.
package struct UnaryKernel: Kernel {
    package typealias Function =
        @Sendable @convention(c) (Int, UnsafeRawPointer?, UnsafeMutableRawPointer?, Float, Float, Bool) -> Void

    private let function: Function
    private let count: Int
    private let a: Float
    private let b: Float
    private let isBFloat16: Bool

    /// Nil when the problem is neither float32 nor bfloat16.
    package init?(_ problem: KernelProblem, _ function: @escaping Function, a: Float = 0, b: Float = 0) {
        guard let type = problem.elementType, type == .float32 || type == .bfloat16 else { return nil }
        self.isBFloat16 = type == .bfloat16
        self.function = function
        self.count = problem.outputs[0].elementCount
        self.a = a
        self.b = b
    }

    package var inPlaceInputs: [Int] { [0] }

    package func run(_ call: KernelCall) {
        self.function(self.count, call.bytes(0), call.outputBytes(0), self.a, self.b, self.isBFloat16)
    }
}

/// The reference of operators on one element: a function of Doubles, and one of integers where the operator takes them.
package struct UnaryReference: Kernel {
    private let source: ElementAccess
    private let result: ElementAccess
    private let count: Int
    private let double: @Sendable (Double) -> Double
    private let integer: (@Sendable (Int64) -> Int64)?

    /// - Parameter unsigned: for `uint64`, where its bits mean something else to the operator.
    package init(
        _ problem: KernelProblem, _ double: @escaping @Sendable (Double) -> Double,
        integer: (@Sendable (Int64) -> Int64)? = nil, unsigned: (@Sendable (UInt64) -> UInt64)? = nil
    ) {
        self.source = ElementAccess(problem.input(0).dataType)
        self.result = ElementAccess(problem.outputs[0].dataType)
        self.count = problem.outputs[0].elementCount
        self.double = double
        if self.source.isFloating {
            self.integer = nil
        } else if let unsigned, self.source.type == .uint64 {
            self.integer = { Int64(bitPattern: unsigned(UInt64(bitPattern: $0))) }
        } else {
            self.integer = integer
        }
    }

    package func run(_ call: KernelCall) {
        let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
        let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
        for index in 0..<self.count {
            if let integer = self.integer {
                self.result.store(integer: integer(self.source.integer(x, index)), y, index)
            } else {
                self.result.store(self.double(self.source.double(x, index)), y, index)
            }
        }
    }
}

extension Implementation {
    /// The implementation `simd` by a C function without attributes.
    package static func simd(_ function: @escaping UnaryKernel.Function) -> Implementation {
        Implementation("simd") { (_, problem) throws(KernelError) in UnaryKernel(problem, function) }
    }

    /// The reference by a function of Doubles, and ones of integers where the operator takes them.
    package static func reference(
        _ double: @escaping @Sendable (Double) -> Double, integer: (@Sendable (Int64) -> Int64)? = nil,
        unsigned: (@Sendable (UInt64) -> UInt64)? = nil
    ) -> Implementation {
        Implementation("reference") { (_, problem) throws(KernelError) in
            UnaryReference(problem, double, integer: integer, unsigned: unsigned)
        }
    }
}
