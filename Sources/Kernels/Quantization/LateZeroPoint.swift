import Graph

/// A zero point that an input holds and that is known only when a kernel runs.
struct LateZeroPoint: Sendable {
    private let input: Int
    private let element: ElementAccess

    /// Nil where that input is absent.
    init?(_ input: Int, _ problem: KernelProblem) {
        guard let type = problem.optionalInput(input) else { return nil }
        self.input = input
        self.element = ElementAccess(type.dataType)
    }

    func value(_ call: KernelCall) -> Int32 {
        Int32(truncatingIfNeeded: self.element.integer(call.bytes(self.input), 0))
    }
}

/// Where the zero point of an operand comes from.
enum OperandZero: Sendable {
    case fixed(Int)
    /// From this input; 0 where there is none.
    case input(Int)

    /// The number, or where it will be; nil for an input with more than one.
    func resolved(_ problem: KernelProblem) -> (fixed: Int32, late: LateZeroPoint?)? {
        switch self {
        case .fixed(let zero): return (Int32(zero), nil)
        case .input(let input):
            guard let type = problem.optionalInput(input) else { return (0, nil) }
            guard type.elementCount == 1 else { return nil }
            if let zero = problem.constants[input]?.scalar { return (Int32(zero), nil) }
            return (0, LateZeroPoint(input, problem))
        }
    }
}

extension QuantizedEpilogue {
    /// The zero point of a product's left operand: the input that holds it, else the fixed one.
    static func leftZero(_ problem: KernelProblem, fixed: Int) -> OperandZero {
        problem.optionalInput(Input.zeroPoint.rawValue) == nil ? .fixed(fixed) : .input(Input.zeroPoint.rawValue)
    }

    /// The zero point of a product's left operand, where it is an input.
    static func zeroPoint(_ problem: KernelProblem) -> LateZeroPoint? { LateZeroPoint(Input.zeroPoint.rawValue, problem) }
}
