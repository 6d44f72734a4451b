import Imaging
import Pipelines
import Testing

@Suite struct SegmentationTaskTests {
    private func task(_ height: Int, _ width: Int, threshold: Double = 0.5) throws -> SegmentationTask {
        SegmentationTask(
            classNames: ["a", "b"], threshold: threshold,
            preprocessing: try Preprocessing(height: height, width: width))
    }

    @Test func atTheNetworksSizeLogitsAreCutAtTheThreshold() throws {
        let logits: [Float] = [-1, 0.1, 2, 3, /* b */ 0, 0, 0, 5]
        let seen = SegmentationTask.View(x: 0, y: 0, width: 2, height: 2)
        let masks = try self.task(2, 2).masks(logits: logits, seen: seen, width: 2, height: 2)
        #expect(masks.map(\.name) == ["a", "b"])
        #expect(masks[0].pixels == [false, true, true, true])
        #expect(masks.map(\.area) == [3, 1])
        // sigmoid(2) is 0.88.
        let strict = try self.task(2, 2, threshold: 0.9).masks(logits: logits, seen: seen, width: 2, height: 2)
        #expect(strict[0].pixels == [false, false, false, true])
    }

    /// Between -3 at 0.5 and 1 at 1.5 of two columns: twice as wide, the places are 0.25, 0.75, 1.25 and 1.75.
    @Test func logitsAreInterpolatedBetweenPixelCentres() throws {
        let seen = SegmentationTask.View(x: 0, y: 0, width: 8, height: 1)
        let logits: [Float] = [-3, 1, 1, -3]
        let masks = try self.task(1, 2).masks(logits: logits, seen: seen, width: 8, height: 1)
        // -3 + 4 t > 0 for t > 0.75: columns at (i + 0.5) / 4 - 0.5 = t.
        #expect(masks[0].pixels == (0..<8).map { min(max((Float($0) + 0.5) / 4 - 0.5, 0), 1) > 0.75 })
        #expect(masks[1].pixels == masks[0].pixels.reversed())
    }

    @Test func whatTheNetworkDidNotSeeBelongsToNoClass() throws {
        let logits = [Float](repeating: 4, count: 8)
        let seen = SegmentationTask.View(x: 1, y: -1, width: 2, height: 3)
        let masks = try self.task(2, 2).masks(logits: logits, seen: seen, width: 4, height: 3)
        #expect(masks[0].pixels == [false, true, true, false, false, true, true, false, false, false, false, false])
        #expect(masks[0].area == 4)
    }

    @Test func theViewIsTheWholePictureWithoutACrop() throws {
        let view = try self.task(32, 32).view(of: Image(width: 50, height: 40, red: 200, green: 0, blue: 0))
        #expect(view == SegmentationTask.View(x: 0, y: 0, width: 50, height: 40))
    }
}
