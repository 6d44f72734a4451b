extension Volume {
    /// The volume with its axes in the order and direction nearest to the patient's: depth grows to the head, height to the
    /// back, width to the left, as an axial slice is shown. Only whole axes are exchanged and turned round; no voxel is
    /// interpolated.
    package func canonical() -> Volume {
        let axes = [self.geometry.depthAxis, self.geometry.heightAxis, self.geometry.widthAxis]
        let order = Self.nearestOrder(axes)
        // The axis of the patient that depth, height and width should follow.
        let wanted: [SIMD3<Double>] = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
        let isTurned = (0..<3).map { axes[order[$0]].dot(wanted[$0]) < 0 }
        if order == [0, 1, 2], !isTurned.contains(true) { return self }

        let sides = [self.size.depth, self.size.height, self.size.width]
        let steps = [self.size.height * self.size.width, self.size.width, 1]
        let size = VolumeSize(depth: sides[order[0]], height: sides[order[1]], width: sides[order[2]])
        let start = (0..<3).reduce(0) { $0 + (isTurned[$1] ? (sides[order[$1]] - 1) * steps[order[$1]] : 0) }
        let moves = (0..<3).map { isTurned[$0] ? -steps[order[$0]] : steps[order[$0]] }
        let voxels: Voxels =
            switch self.voxels {
            case .int16(let values): .int16(walk(values, from: start, steps: moves, size))
            case .float32(let values): .float32(walk(values, from: start, steps: moves, size))
            }
        return Volume(size: size, geometry: self.geometry(order, isTurned, sides), voxels: voxels, padding: self.padding)
    }

    /// Which stored axis becomes depth, height and width: the assignment with the largest sum of cosines.
    private static func nearestOrder(_ axes: [SIMD3<Double>]) -> [Int] {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        func agreement(_ order: [Int]) -> Double { abs(axes[order[0]].z) + abs(axes[order[1]].y) + abs(axes[order[2]].x) }
        return orders.max { agreement($0) < agreement($1) } ?? [0, 1, 2]
    }

    private func geometry(_ order: [Int], _ isTurned: [Bool], _ sides: [Int]) -> VolumeGeometry {
        let axes = [self.geometry.depthAxis, self.geometry.heightAxis, self.geometry.widthAxis]
        var corner = [0.0, 0.0, 0.0]
        for axis in 0..<3 where isTurned[axis] { corner[order[axis]] = Double(sides[order[axis]] - 1) }
        func turned(_ axis: Int) -> SIMD3<Double> { isTurned[axis] ? -axes[order[axis]] : axes[order[axis]] }
        return VolumeGeometry(
            origin: self.geometry.position(depth: corner[0], height: corner[1], width: corner[2]),
            depthAxis: turned(0), heightAxis: turned(1), widthAxis: turned(2),
            spacing: SIMD3(self.spacing[order[0]], self.spacing[order[1]], self.spacing[order[2]]))
    }
}

/// The values at `start` plus whole numbers of steps along the three axes, in the order of the new volume.
private func walk<Value>(_ values: [Value], from first: Int, steps: [Int], _ size: VolumeSize) -> [Value] {
    [Value](unsafeUninitializedCapacity: size.count) { output, count in
        guard let start = output.baseAddress else { return }
        values.withUnsafeBufferPointer { values in
            for depth in 0..<size.depth {
                for height in 0..<size.height {
                    var source = first + depth * steps[0] + height * steps[1]
                    for _ in 0..<size.width {
                        (start + count).initialize(to: values[source])
                        count += 1
                        source += steps[2]
                    }
                }
            }
        }
    }
}
