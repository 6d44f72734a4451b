import CKernels
package import Graph

/// Copies between layouts: what every movement operator is made of. Each region is read from one input and written to one
/// output; regions of one output do not overlap.
package struct LayoutCopyKernel: Kernel {
    /// A box of elements and where it lies, in elements, in an input and in an output.
    package struct Region: Sendable {
        package let input: Int
        package let output: Int
        package let shape: [Int]
        package let sourceOffset: Int
        package let source: [Int]
        package let destinationOffset: Int
        package let destination: [Int]

        package init(
            input: Int = 0, output: Int = 0, shape: [Int], sourceOffset: Int = 0, source: [Int], destinationOffset: Int = 0,
            destination: [Int]
        ) {
            self.input = input
            self.output = output
            self.shape = shape
            self.sourceOffset = sourceOffset
            self.source = source
            self.destinationOffset = destinationOffset
            self.destination = destination
        }
    }

    /// What the output is filled with before anything is copied.
    package struct Fill: Sendable {
        /// The element's bytes, lowest first.
        package let bits: UInt64

        package static let zero = Fill(bits: 0)

        /// A number of that element type.
        package init(_ value: Double, as type: DataType) {
            var bits: UInt64 = 0
            if value != 0 { withUnsafeMutableBytes(of: &bits) { ElementAccess(type).storeNumber(value, $0) } }
            self.bits = bits
        }

        private init(bits: UInt64) {
            self.bits = bits
        }
    }

    private struct Copy: Sendable {
        let plan: ck_layout_copy
        let input: Int
        let output: Int
        let sourceByteOffset: Int
        let destinationByteOffset: Int
    }

    private let copies: [Copy]
    private let fill: Fill?
    private let count: Int
    private let element: Int

    /// Nil when a region takes more axes than C has room for.
    package init?(_ problem: KernelProblem, fill: Fill? = nil, _ regions: [Region]) {
        let output = problem.outputs[0]
        let element = output.dataType.byteCount
        var copies: [Copy] = []
        for region in regions where region.shape.reduce(1, *) > 0 {
            guard
                let plan = ck_layout_copy(
                    region.shape, source: region.source, destination: region.destination, element: element)
            else { return nil }
            copies.append(
                Copy(
                    plan: plan, input: region.input, output: region.output, sourceByteOffset: region.sourceOffset * element,
                    destinationByteOffset: region.destinationOffset * element))
        }
        self.copies = copies
        self.fill = fill
        self.count = output.elementCount
        self.element = element
    }

    package func run(_ call: KernelCall) {
        if let fill = self.fill {
            withUnsafeBytes(of: fill.bits) { ck_fill(self.count, self.element, $0.baseAddress, call.outputs[0]) }
        }
        for copy in self.copies {
            let source = call.input(copy.input, as: UInt8.self) + copy.sourceByteOffset
            let destination = call.output(copy.output, as: UInt8.self) + copy.destinationByteOffset
            withUnsafePointer(to: copy.plan) { ck_copy($0, source, destination) }
        }
    }
}

extension ElementAccess {
    fileprivate func storeNumber(_ value: Double, _ bytes: UnsafeMutableRawBufferPointer) {
        if let base = bytes.baseAddress { self.store(value, base, 0) }
    }
}

/// The reference of movement operators: for every output element the place of its source, or nil for the fill.
package struct MovementReference: Kernel {
    private let output: Int
    private let count: Int
    private let size: Int
    private let fill: LayoutCopyKernel.Fill
    private let source: @Sendable (Int) -> (input: Int, element: Int)?

    package init(
        _ problem: KernelProblem, output: Int = 0, fill: LayoutCopyKernel.Fill = .zero,
        _ source: @escaping @Sendable (Int) -> (input: Int, element: Int)?
    ) {
        self.output = output
        self.count = problem.outputs[output].elementCount
        self.size = problem.outputs[output].dataType.byteCount
        self.fill = fill
        self.source = source
    }

    package func run(_ call: KernelCall) {
        let y = UnsafeMutableRawPointer(call.output(self.output, as: UInt8.self))
        withUnsafeBytes(of: self.fill.bits) { fill in
            for element in 0..<self.count {
                let destination = UnsafeMutableRawBufferPointer(start: y + element * self.size, count: self.size)
                if let place = self.source(element) {
                    let x = UnsafeRawPointer(call.input(place.input, as: UInt8.self)) + place.element * self.size
                    destination.copyMemory(from: UnsafeRawBufferPointer(start: x, count: self.size))
                } else {
                    destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: fill[0..<self.size]))
                }
            }
        }
    }
}
