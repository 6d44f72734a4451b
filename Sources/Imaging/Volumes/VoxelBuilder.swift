/// Collects voxels slice by slice: as 16-bit whole numbers for as long as every value is one, as float32 from the first that is
/// not.
struct VoxelBuilder {
    private var shorts: [Int16] = []
    private var floats: [Float]?
    private let capacity: Int

    /// - Parameter capacity: voxels of the whole volume; they must have passed the limits.
    init(capacity: Int) {
        self.capacity = capacity
        self.shorts.reserveCapacity(capacity)
    }

    var voxels: Volume.Voxels { self.floats.map { .float32($0) } ?? .int16(self.shorts) }

    /// Appends `stored * slope + intercept`, computed in float64.
    mutating func append(_ samples: any SampleBuffer, slope: Double, intercept: Double) {
        if self.floats == nil {
            if let slope = Int32(exactly: slope), let intercept = Int32(exactly: intercept) {
                let start = self.shorts.count
                if self.appendWhole(samples, Int(slope), Int(intercept)) { return }
                self.shorts.removeSubrange(start...)
            }
            self.widen()
        }
        samples.forEach { self.floats?.append(Float(Double($1) * slope + intercept)) }
    }

    /// Appends real values.
    mutating func append(real count: Int, _ value: (Int) -> Float) {
        self.widen()
        for index in 0..<count { self.floats?.append(value(index)) }
    }

    /// False when a value does not fit into 16 bits.
    private mutating func appendWhole(_ samples: any SampleBuffer, _ slope: Int, _ intercept: Int) -> Bool {
        var fits = true
        samples.forEach { _, stored in
            // A 32-bit number times a 32-bit number plus a 32-bit number stays below 2^63.
            let value = stored * slope + intercept
            if let short = Int16(exactly: value) { self.shorts.append(short) } else { fits = false }
        }
        return fits
    }

    private mutating func widen() {
        guard self.floats == nil else { return }
        var wide: [Float] = []
        wide.reserveCapacity(self.capacity)
        for short in self.shorts { wide.append(Float(short)) }
        self.floats = wide
        self.shorts = []
    }
}
