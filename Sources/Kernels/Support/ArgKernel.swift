package import Graph

/// Where the elements along one axis lie: `outer` blocks of `size` rows of `inner` elements.
package struct AxisLayout: Sendable {
    package let outer: Int
    package let size: Int
    package let inner: Int

    /// - Parameter axis: possibly negative; the type rule has accepted it.
    package init(_ type: TensorType, axis: Int) {
        let axis = axis < 0 ? axis + type.rank : axis
        self.outer = type.shape[..<axis].reduce(1, *)
        self.size = type.shape[axis]
        self.inner = type.shape[(axis + 1)...].reduce(1, *)
    }

    /// Lines along the axis.
    package var lineCount: Int { self.outer * self.inner }

    /// The first element of a line; the next ones follow `inner` apart.
    package func start(_ line: Int) -> Int { line / self.inner * self.size * self.inner + line % self.inner }
}

/// The place of the largest or smallest float32 along an axis, row by row.
package struct ArgKernel: Kernel {
    private let layout: AxisLayout
    private let wantsLargest: Bool
    private let takesLast: Bool

    /// Nil when the input is not float32.
    package init?(_ problem: KernelProblem, _ reduction: ArgReduction, wantsLargest: Bool) {
        guard problem.input(0).dataType == .float32 else { return nil }
        self.layout = AxisLayout(problem.input(0), axis: reduction.axis)
        self.wantsLargest = wantsLargest
        self.takesLast = reduction.takesLast
    }

    /// The best element of each line so far.
    package var workspaceByteCount: Int { self.layout.inner * MemoryLayout<Float>.stride }

    package func run(_ call: KernelCall) {
        guard let workspace = call.workspace else { return }
        let best = workspace.assumingMemoryBound(to: Float.self)
        let (size, inner) = (self.layout.size, self.layout.inner)
        let sign: Float = self.wantsLargest ? 1 : -1
        for block in 0..<self.layout.outer {
            let x = call.input(0, as: Float.self) + block * size * inner
            let y = call.output(0, as: Int64.self) + block * inner
            for line in 0..<inner {
                best[line] = sign * x[line]
                y[line] = 0
            }
            for place in 1..<max(size, 1) {
                let row = x + place * inner
                for line in 0..<inner {
                    let value = sign * row[line]
                    let peak = best[line]
                    // Neither is larger when one is NaN, which wins.
                    let wins = self.takesLast ? !(value < peak) && (!peak.isNaN || value.isNaN) : value > peak
                    if wins || (value.isNaN && !peak.isNaN) {
                        best[line] = value
                        y[line] = Int64(place)
                    }
                }
            }
        }
    }
}

/// The reference: any type, line by line.
package struct ArgReference: Kernel {
    private let layout: AxisLayout
    private let access: ElementAccess
    private let order: ElementOrder
    private let wantsLargest: Bool
    private let takesLast: Bool

    package init(_ problem: KernelProblem, _ reduction: ArgReduction, wantsLargest: Bool) {
        self.layout = AxisLayout(problem.input(0), axis: reduction.axis)
        self.access = ElementAccess(problem.input(0).dataType)
        self.order = ElementOrder(problem.input(0).dataType)
        self.wantsLargest = wantsLargest
        self.takesLast = reduction.takesLast
    }

    package func run(_ call: KernelCall) {
        let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
        let y = call.output(0, as: Int64.self)
        for line in 0..<self.layout.lineCount {
            let start = self.layout.start(line)
            var best = 0
            for place in 1..<max(self.layout.size, 1) where self.wins(x, start, place, best) { best = place }
            y[line] = Int64(best)
        }
    }

    private func wins(_ x: UnsafeRawPointer, _ start: Int, _ place: Int, _ best: Int) -> Bool {
        let (a, b) = (start + place * self.layout.inner, start + best * self.layout.inner)
        let result = self.order.compare(x, a, b)
        if result == 0 { return self.takesLast }
        // NaN comes last in the order and is wanted first.
        if !self.wantsLargest, self.access.isFloating {
            if self.access.double(x, a).isNaN { return true }
            if self.access.double(x, b).isNaN { return false }
        }
        return self.wantsLargest ? result > 0 : result < 0
    }
}
