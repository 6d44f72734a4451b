package import Graph

extension RoiAlign: Executable {
    package static let implementations: [Implementation<RoiAlign>] = [
        Implementation("reference") { op, problem in
            let walk = RoiWalk(op, problem)
            return ClosureKernel { (call) throws(KernelError) in try walk.run(call) }
        }
    ]
}

/// One bin at a time, in double precision.
private struct RoiWalk: Sendable {
    let op: RoiAlign
    let access: ElementAccess
    let x: [Int]
    let count: Int

    init(_ op: RoiAlign, _ problem: KernelProblem) {
        self.op = op
        self.access = ElementAccess(problem.input(0).dataType)
        self.x = problem.input(0).shape
        self.count = problem.outputs[0].shape[0]
    }

    func run(_ call: KernelCall) throws(KernelError) {
        let indices = call.input(2, as: Int64.self)
        for region in 0..<self.count {
            guard (0..<Int64(self.x[0])).contains(indices[region]) else {
                throw KernelError(.outOfRange, self.op.name, "batch index \(indices[region]) of \(self.x[0])")
            }
            let columns = self.bins(call, region, axis: 0, size: self.x[3], bins: self.op.outputWidth)
            let rows = self.bins(call, region, axis: 1, size: self.x[2], bins: self.op.outputHeight)
            for channel in 0..<self.x[1] {
                let plane = (Int(indices[region]) * self.x[1] + channel) * self.x[2] * self.x[3]
                let first = (region * self.x[1] + channel) * self.op.outputHeight * self.op.outputWidth
                for row in 0..<self.op.outputHeight {
                    for column in 0..<self.op.outputWidth {
                        let value = self.value(call.bytes(0), plane, rows, row, columns, column)
                        self.access.store(value, call.outputBytes(0), first + row * self.op.outputWidth + column)
                    }
                }
            }
        }
    }

    /// A region along one axis.
    private struct Bins {
        let start: Double
        let size: Double
        let samples: Int
        let axisSize: Int

        /// The two elements around a sample and the weight of the second; nil outside.
        func sample(_ bin: Int, _ index: Int) -> (low: Int, high: Int, weight: Double)? {
            let place = self.start + (Double(bin) + (Double(index) + 0.5) / Double(self.samples)) * self.size
            guard place >= -1, place <= Double(self.axisSize) else { return nil }
            let held = max(place, 0)
            let low = Int(held)
            if low >= self.axisSize - 1 { return (self.axisSize - 1, self.axisSize - 1, 0) }
            return (low, low + 1, held - Double(low))
        }
    }

    private func bins(_ call: KernelCall, _ region: Int, axis: Int, size: Int, bins: Int) -> Bins {
        let shift = self.op.isHalfPixel ? 0.5 : 0
        let scale = Double(self.op.spatialScale)
        let start = self.access.double(call.bytes(1), region * 4 + axis) * scale - shift
        let end = self.access.double(call.bytes(1), region * 4 + axis + 2) * scale - shift
        let extent = self.op.isHalfPixel ? end - start : max(end - start, 1)
        let each = extent / Double(bins)
        // A region may be of any size; samples further apart than elements of a picture say nothing more.
        let wanted = each.isFinite ? min(max(each.rounded(.up), 0), Double(size) * 8) : 0
        let samples = self.op.samplingRatio > 0 ? self.op.samplingRatio : Int(wanted)
        return Bins(start: start, size: each, samples: samples, axisSize: size)
    }

    private func value(
        _ x: UnsafeRawPointer, _ plane: Int, _ rows: Bins, _ row: Int, _ columns: Bins, _ column: Int
    ) -> Double {
        var (sum, peak) = (0.0, -Double.infinity)
        for i in 0..<rows.samples {
            for j in 0..<columns.samples {
                guard let v = rows.sample(row, i), let h = columns.sample(column, j) else {
                    peak = max(peak, 0)
                    continue
                }
                for (line, above) in [(v.low, 1 - v.weight), (v.high, v.weight)] {
                    for (place, left) in [(h.low, 1 - h.weight), (h.high, h.weight)] {
                        let part = above * left * self.access.double(x, plane + line * self.x[3] + place)
                        sum += part
                        peak = max(peak, part)
                    }
                }
            }
        }
        let count = rows.samples * columns.samples
        if count == 0 { return 0 }
        return self.op.mode == .avg ? sum / Double(count) : peak
    }
}
