import Graph

/// Runs of neighbours that share a scale, with zero points of 8 bits.
struct ByteRows: Sendable {
    /// Elements of a run.
    let length: Int
    private let count: Int
    private let scales: Int
    private let zero: ElementAccess

    /// Nil where runs are short or the grid has blocks.
    init?(_ grid: QuantizationGrid, _ problem: KernelProblem) {
        let x = problem.input(0)
        let index = grid.index(x, scale: problem.input(1))
        guard index.isByRow, index.inner >= 16 else { return nil }
        self.length = index.inner
        self.count = x.elementCount / index.inner
        self.scales = index.size
        self.zero = ElementAccess(problem.optionalInput(2)?.dataType ?? .uint8)
    }

    /// Calls `body` with the first element of every run, its scale and its zero point.
    func forEach(_ call: KernelCall, _ body: (Int, Float, Float) -> Void) {
        let scale = call.input(1)
        let zero = call.optionalRawInput(2)
        for row in 0..<self.count {
            let place = row % self.scales
            body(row * self.length, scale[place], zero.map { Float(self.zero.integer($0, place)) } ?? 0)
        }
    }
}
