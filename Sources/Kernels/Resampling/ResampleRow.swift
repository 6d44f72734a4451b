/// One axis of a resampling, float by float of a row of positions with few channels: every float has the same number of taps.
struct ResampleRow {
    let taps: Int
    /// Floats from one tap to the next: the channels.
    let step: Int
    /// The float that each float's first tap reads.
    private(set) var starts: [Int32] = []
    /// The lowest and the highest float that eight neighbours read.
    private(set) var lows: [Int32] = []
    private(set) var highs: [Int32] = []
    /// `[taps][floats]`
    private(set) var weights: [Float]

    var count: Int { self.starts.count }

    init(_ axis: ResampleAxis, channels: Int) {
        let positions = axis.outputSize
        let count = positions * channels
        self.taps = (0..<positions).reduce(1) { max($0, axis.taps($1).weights.count) }
        self.step = channels
        self.weights = [Float](repeating: 0, count: self.taps * count)
        for position in 0..<positions {
            let (start, weights) = axis.taps(position)
            // All taps must lie in the row: the first ones move to the front and get no weight.
            let first = min(start, axis.inputSize - self.taps)
            for channel in 0..<channels {
                self.starts.append(Int32(first * channels + channel))
                for (tap, weight) in weights.enumerated() {
                    self.weights[(tap + start - first) * count + position * channels + channel] = weight
                }
            }
        }
        let reach = Int32((self.taps - 1) * channels)
        for begin in stride(from: 0, to: count, by: 8) {
            let block = self.starts[begin..<min(begin + 8, count)]
            self.lows.append(block.min() ?? 0)
            self.highs.append((block.max() ?? 0) + reach)
        }
    }
}
