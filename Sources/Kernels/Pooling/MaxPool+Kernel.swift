import CKernels
package import Graph

extension MaxPool: Executable {
    package static let implementations: [Implementation<MaxPool>] = [
        Implementation("direct") { op, problem in
            guard let isNarrow = problem.isNarrowPooling(op.layout), op.indices == nil else { return nil }
            let pooling = op.problem(x: problem.input(0).shape, y: problem.outputs[0].shape)
            return ClosureKernel { call in
                withUnsafePointer(to: pooling.spec) {
                    if isNarrow {
                        ck_max_pool_bf16($0, call.input(0, as: UInt16.self), call.output(0, as: UInt16.self))
                    } else {
                        ck_max_pool($0, call.input(0), call.output(0))
                    }
                }
            }
        },
        Implementation("bytes") { op, problem in
            let type = problem.input(0).dataType
            guard ElementTypes.bytes.contains(type), op.indices == nil, op.layout == .last else { return nil }
            let pooling = op.problem(x: problem.input(0).shape, y: problem.outputs[0].shape)
            return ClosureKernel { call in
                withUnsafePointer(to: pooling.spec) {
                    ck_max_pool_bytes($0, type == .int8, call.bytes(0), call.outputBytes(0))
                }
            }
        },
        Implementation("reference") { op, problem in
            let pooling = op.problem(x: problem.input(0).shape, y: problem.outputs[0].shape)
            let access = ElementAccess(problem.input(0).dataType)
            let places = op.indices.map { PlaneIndex(problem.input(0).shape, $0) }
            return ClosureKernel { call in
                let (x, y) = (call.bytes(0), call.outputBytes(0))
                pooling.eachWindow { place, taps, _ in
                    let best = access.indexOfLargest(x, taps)
                    access.copy(best, of: x, to: place, of: y)
                    if let places { call.output(1, as: Int64.self)[place] = best.map { Int64(places.place($0)) } ?? -1 }
                }
            }
        },
    ]

    /// The sizes of the problem.
    package func problem(x: [Int], y: [Int]) -> PoolingProblem {
        PoolingProblem(kernel: self.kernel, window: self.window, layout: self.layout, x: x, y: y)
    }
}

/// The number that an element of [N, C, spatial...] has among all of them.
private struct PlaneIndex: Sendable {
    private let spatial: [Int]
    private let area: Int
    private let isReversed: Bool

    init(_ shape: [Int], _ order: MaxPool.Indices) {
        self.spatial = Array(shape.dropFirst(2))
        self.area = self.spatial.reduce(1, *)
        self.isReversed = order == .columnMajor
    }

    /// - Parameter offset: of the element in memory.
    func place(_ offset: Int) -> Int {
        guard self.isReversed else { return offset }
        var (rest, stride, result) = (offset % self.area, self.area, offset / self.area * self.area)
        for size in self.spatial.reversed() {
            stride /= size
            result += rest % size * stride
            rest /= size
        }
        return result
    }
}

extension ElementAccess {
    /// The first of the largest of some elements, or the last that is no number; nil for none.
    fileprivate func indexOfLargest(_ x: UnsafeRawPointer, _ places: [Int]) -> Int? {
        guard var best = places.first else { return nil }
        for place in places.dropFirst() {
            let isLarger: Bool
            switch self.type {
            case .uint64: isLarger = UInt64(bitPattern: self.integer(x, place)) > UInt64(bitPattern: self.integer(x, best))
            case _ where self.isFloating:
                let value = self.double(x, place)
                isLarger = value > self.double(x, best) || value.isNaN
            default: isLarger = self.integer(x, place) > self.integer(x, best)
            }
            if isLarger { best = place }
        }
        return best
    }

    /// Copies an element, or what no element can be larger than.
    fileprivate func copy(_ source: Int?, of x: UnsafeRawPointer, to place: Int, of y: UnsafeMutableRawPointer) {
        let size = self.type.byteCount
        guard let source else { return self.store(-.infinity, y, place) }
        (y + place * size).copyMemory(from: x + source * size, byteCount: size)
    }
}
