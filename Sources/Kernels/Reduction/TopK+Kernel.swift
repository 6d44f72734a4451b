package import Graph

extension TopK: Executable {
    package static let implementations: [Implementation<TopK>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let x = problem.input(0)
            let from = AxisLayout(x, axis: op.axis)
            let to = AxisLayout(problem.outputs[0], axis: op.axis)
            let size = x.dataType.byteCount
            let heap = PlaceHeap(order: ElementOrder(x.dataType), wantsLargest: op.wantsLargest, stride: from.inner)
            return ClosureKernel(workspaceByteCount: op.k * MemoryLayout<Int>.stride) { (call) throws(KernelError) in
                guard op.k > 0, let workspace = call.workspace else { return }
                let places = workspace.assumingMemoryBound(to: Int.self)
                let source = UnsafeRawPointer(call.input(0, as: UInt8.self))
                let indices = call.output(1, as: Int64.self)
                for line in 0..<from.lineCount {
                    let first = source + from.start(line) * size
                    heap.fill(places, op.k, of: from.size, first)
                    for rank in 0..<op.k {
                        let element = to.start(line) + rank * to.inner
                        (call.outputs[0] + element * size).copyMemory(
                            from: first + places[rank] * from.inner * size, byteCount: size)
                        indices[element] = Int64(places[rank])
                    }
                }
            }
        }
    ]
}

/// The places of the best elements of a line, as a heap with the worst of them at the root.
private struct PlaceHeap: Sendable {
    let order: ElementOrder
    let wantsLargest: Bool
    /// Distance between the elements of a line.
    let stride: Int

    private func isWorse(_ x: UnsafeRawPointer, _ a: Int, _ b: Int) -> Bool {
        let result = self.order.compare(x, a * self.stride, b * self.stride)
        return result == 0 ? a > b : (result < 0) == self.wantsLargest
    }

    /// Writes the `k` best of `count` places, best first.
    func fill(_ heap: UnsafeMutablePointer<Int>, _ k: Int, of count: Int, _ x: UnsafeRawPointer) {
        for place in 0..<k { heap[place] = place }
        for root in (0..<(k / 2)).reversed() { self.sink(heap, root, k, x) }
        for place in k..<count where self.isWorse(x, heap[0], place) {
            heap[0] = place
            self.sink(heap, 0, k, x)
        }
        // The worst goes to the end, again and again.
        for end in (1..<max(k, 1)).reversed() {
            let worst = heap[0]
            heap[0] = heap[end]
            heap[end] = worst
            self.sink(heap, 0, end, x)
        }
    }

    private func sink(_ heap: UnsafeMutablePointer<Int>, _ start: Int, _ count: Int, _ x: UnsafeRawPointer) {
        var root = start
        while 2 * root + 1 < count {
            var child = 2 * root + 1
            if child + 1 < count, self.isWorse(x, heap[child + 1], heap[child]) { child += 1 }
            guard self.isWorse(x, heap[child], heap[root]) else { return }
            let moved = heap[root]
            heap[root] = heap[child]
            heap[child] = moved
            root = child
        }
    }
}
