#if canImport(Glibc)
    import Glibc
#endif
import Imaging

/// What one network says about a picture: a map of logits for each class and view.
struct LogitMaps: Sendable {
    let task: SegmentationTask
    /// `[classes, H, W]` of each view, turned back.
    let views: [[Float]]
    /// The part of the picture that the network saw.
    let seen: SegmentationTask.View
    /// What the maps count for.
    let weight: Double
}

/// The masks that several maps of a picture vote for, pixel by pixel, and what each network would have said alone.
struct SegmentationVote: Sendable {
    /// At the picture's size.
    let classes: [SegmentedClass]
    /// For each network its own areas, `[networks][classes]`.
    let areas: [[Int]]

    /// The weighted mean of the networks' probabilities above the task's threshold. A network's probability is the mean over its
    /// views of the sigmoid of the interpolated logit (`MapSampler`), and 0 where it did not see the picture.
    ///
    /// - Parameters:
    ///   - task: names the classes, the same for all networks, and has the threshold.
    ///   - width: of the picture in pixels, as `height`.
    init(_ task: SegmentationTask, _ networks: [LogitMaps], width: Int, height: Int) {
        let samplers = networks.map { network in
            MapSampler(
                mapHeight: network.task.preprocessing.height, mapWidth: network.task.preprocessing.width, seen: network.seen,
                width: width, height: height)
        }
        let total = networks.reduce(0) { $0 + $1.weight }
        var areas = networks.map { _ in [Int](repeating: 0, count: task.classNames.count) }
        var own = [Float](repeating: 0, count: width)
        var sum = [Double](repeating: 0, count: width)
        self.classes = task.classNames.enumerated().map { index, name in
            var pixels = [Bool](repeating: false, count: width * height)
            var area = 0
            for y in 0..<height {
                for x in 0..<width { sum[x] = 0 }
                for (number, network) in networks.enumerated() where samplers[number].rows.contains(y) {
                    let sampler = samplers[number]
                    for x in sampler.columns { own[x] = 0 }
                    for view in network.views {
                        sampler.forEach(view, index, y: y) { x, logit in own[x] += 1 / (1 + exp(-logit)) }
                    }
                    for x in sampler.columns {
                        let probability = Double(own[x]) / Double(network.views.count)
                        if probability > network.task.threshold { areas[number][index] += 1 }
                        sum[x] += network.weight * probability
                    }
                }
                for x in 0..<width where sum[x] / total > task.threshold {
                    pixels[y * width + x] = true
                    area += 1
                }
            }
            return SegmentedClass(name: name, pixels: pixels, area: area)
        }
        self.areas = areas
    }
}
