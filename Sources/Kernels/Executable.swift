package import Graph

/// An operator that can be computed in this program. Found by conformance when a plan is made, never while it runs.
package protocol Executable: Operator {
    /// Best first; the last one accepts everything the type rule accepts and is called `reference`.
    static var implementations: [Implementation<Self>] { get }
}

/// One way to compute an operator.
package struct Implementation<Op: Operator>: Sendable {
    package let name: String
    /// The kernel for this problem, nil when this implementation does not take it. All checking, choosing, packing and
    /// allocating happens here.
    package let make: @Sendable (Op, KernelProblem) throws(KernelError) -> (any Kernel)?

    package init(
        _ name: String, make: @escaping @Sendable (Op, KernelProblem) throws(KernelError) -> (any Kernel)?
    ) {
        self.name = name
        self.make = make
    }
}

/// What a kernel is made for.
package struct KernelProblem: Sendable {
    /// Types of the inputs, nil where an optional one is absent.
    package let inputs: [TensorType?]
    package let outputs: [TensorType]
    /// The bytes of inputs that never change while the plan lives (frozen weights, constants), nil else. A kernel may
    /// pack them once through `packs`, and then ignores the pointer it is given when it runs.
    package let constants: [Tensor?]
    package let packs: PackStore
    /// Threads of the stream that will run the kernel.
    package let threads: Int

    package init(
        inputs: [TensorType?], outputs: [TensorType], constants: [Tensor?], packs: PackStore, threads: Int
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.constants = constants
        self.packs = packs
        self.threads = threads
    }

    /// The type of a required input.
    package func input(_ index: Int) -> TensorType {
        guard index < self.inputs.count, let type = self.inputs[index] else {
            preconditionFailure("input \(index) is absent after the type rule accepted it")
        }
        return type
    }

    /// The type of an optional input.
    package func optionalInput(_ index: Int) -> TensorType? {
        index < self.inputs.count ? self.inputs[index] : nil
    }

    /// Every present input and every output is float32.
    package var isFloat32: Bool { self.elementType == .float32 }

    /// The element type of every present input and every output; nil where they differ, or there are none.
    package var elementType: DataType? {
        let types = Set(self.inputs.compactMap { $0?.dataType } + self.outputs.map(\.dataType))
        return types.count == 1 ? types.first : nil
    }
}

/// A computation bound to types, ready to run; it does not allocate.
package protocol Kernel: Sendable {
    /// Bytes of scratch memory, aligned to 64, that `run` needs.
    var workspaceByteCount: Int { get }
    /// Inputs whose memory output 0 may take over when nobody reads them later.
    var inPlaceInputs: [Int] { get }
    /// Constant inputs that the kernel has packed: their pointers are not used when it runs.
    var packedInputs: [Int] { get }
    func run(_ call: KernelCall) throws(KernelError)
}

extension Kernel {
    package var workspaceByteCount: Int { 0 }
    package var packedInputs: [Int] { [] }
    package var inPlaceInputs: [Int] { [] }
}

/// The pointers of one run, made once with the plan.
package struct KernelCall: @unchecked Sendable {
    package let inputs: [UnsafeMutableRawPointer?]
    package let outputs: [UnsafeMutableRawPointer]
    package let workspace: UnsafeMutableRawPointer?

    package init(
        inputs: [UnsafeMutableRawPointer?], outputs: [UnsafeMutableRawPointer], workspace: UnsafeMutableRawPointer?
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.workspace = workspace
    }

    /// A required input.
    package func input<Element>(_ index: Int, as element: Element.Type = Float.self) -> UnsafePointer<Element> {
        guard let pointer = self.inputs[index] else { preconditionFailure("input \(index) is absent") }
        return UnsafePointer(pointer.assumingMemoryBound(to: Element.self))
    }

    /// An optional input.
    package func optionalInput<Element>(_ index: Int, as element: Element.Type = Float.self) -> UnsafePointer<Element>? {
        guard index < self.inputs.count, let pointer = self.inputs[index] else { return nil }
        return UnsafePointer(pointer.assumingMemoryBound(to: Element.self))
    }

    /// The bytes of a required input, for reference kernels of any element type.
    package func bytes(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(self.input(index, as: UInt8.self)) }

    /// The bytes of an optional input.
    package func optionalBytes(_ index: Int) -> UnsafeRawPointer? {
        self.optionalInput(index, as: UInt8.self).map { UnsafeRawPointer($0) }
    }

    /// The bytes of an output.
    package func outputBytes(_ index: Int) -> UnsafeMutableRawPointer { self.outputs[index] }

    package func output<Element>(_ index: Int, as element: Element.Type = Float.self) -> UnsafeMutablePointer<Element> {
        self.outputs[index].assumingMemoryBound(to: Element.self)
    }
}

/// A kernel that is a function of its pointers.
package struct ClosureKernel: Kernel {
    package let workspaceByteCount: Int
    package let inPlaceInputs: [Int]
    private let body: @Sendable (KernelCall) throws(KernelError) -> Void

    package init(
        workspaceByteCount: Int = 0, inPlaceInputs: [Int] = [],
        _ body: @escaping @Sendable (KernelCall) throws(KernelError) -> Void
    ) {
        self.workspaceByteCount = workspaceByteCount
        self.inPlaceInputs = inPlaceInputs
        self.body = body
    }

    package func run(_ call: KernelCall) throws(KernelError) {
        try self.body(call)
    }
}

extension Executable {
    /// The first implementation that takes the problem.
    /// - Parameter name: only this implementation, for tests and benchmarks.
    package func kernel(
        for problem: KernelProblem, implementation name: String? = nil
    ) throws(KernelError) -> (name: String, kernel: any Kernel) {
        for implementation in Self.implementations where name == nil || implementation.name == name {
            if let kernel = try implementation.make(self, problem) { return (implementation.name, kernel) }
        }
        throw KernelError(.unsupported, self.name, "no implementation takes \(problem.inputs.map { $0?.description ?? "_" })")
    }
}
