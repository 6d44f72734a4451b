import Foundation
import Imaging
import Testing

@Suite struct VolumeAugmentationTests {
    private var full: VolumeAugmentation {
        var value = VolumeAugmentation()
        (value.affineProbability, value.rotation, value.scale, value.shift) = (0.5, 5, 0.05, 0.1)
        (value.noiseProbability, value.noise) = (0.5, 0.01)
        return value
    }

    @Test func warpsAreKornias() throws {
        let golden: ResampleCases = try Golden.read("resample", in: "volumes")
        let unit: [Float] = numbers(golden.unit)
        #expect(golden.warped.count == 8)
        for testCase in golden.warped {
            var draw = VolumeAugmentation.Draw()
            draw.degrees = SIMD3(testCase.degrees[0], testCase.degrees[1], testCase.degrees[2])
            draw.scale = testCase.scale
            draw.shift = SIMD3(testCase.shift[0], testCase.shift[1], testCase.shift[2])
            // Values up to 1 of noise, so that a wrong neighbour shows.
            let difference = largestDifference(draw.apply(unit, size: golden.size), numbers(testCase.voxels))
            #expect(difference <= 2e-5, "\(testCase.degrees) \(testCase.scale) \(testCase.shift): \(difference)")
        }
    }

    @Test func noiseIsNormal() {
        let size = VolumeSize(depth: 50, height: 40, width: 51)
        var draw = VolumeAugmentation.Draw()
        (draw.noise, draw.noiseSeed) = (0.5, 77)
        let zero = [Float](repeating: 2, count: size.count)
        let values = draw.apply(zero, size: size).map { Double($0) - 2 }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        let within = Double(values.count { abs($0) < 0.5 }) / count
        #expect(abs(mean) < 0.005 && abs(deviation - 0.5) < 0.005 && abs(within - 0.6827) < 0.005)
        #expect(values.allSatisfy(\.isFinite) && Set(values).count > 100_000)
        draw.noiseSeed = 78
        #expect(draw.apply(zero, size: size).map { Double($0) - 2 } != values)
    }

    @Test func aSampleIsAFunctionOfItsKeys() {
        let size = VolumeSize(depth: 6, height: 7, width: 8)
        let voxels = (0..<size.count).map { Float($0 % 17) / 16 }
        var always = self.full
        (always.affineProbability, always.noiseProbability) = (1, 1)
        func version(_ seed: UInt64, _ epoch: Int, _ index: Int) -> [Float] {
            var random = CounterRandom(seed: seed, epoch: epoch, sample: index)
            return always.apply(voxels, size: size, using: &random)
        }
        #expect(version(1, 2, 3) == version(1, 2, 3))
        #expect(Set([version(1, 2, 3), version(2, 2, 3), version(1, 3, 3), version(1, 2, 4), version(1, 3, 2)]).count == 5)
    }

    @Test func drawsStayWithinTheirRanges() {
        let draws = (0..<2000).map { index in
            var random = CounterRandom(seed: 9, epoch: 0, sample: index)
            return self.full.draw(using: &random)
        }
        for axis in 0..<3 {
            #expect(draws.allSatisfy { abs($0.degrees[axis]) <= 5 && abs($0.shift[axis]) <= 0.1 })
            #expect(draws.contains { $0.degrees[axis] > 4 } && draws.contains { $0.degrees[axis] < -4 })
        }
        #expect(draws.allSatisfy { abs($0.scale - 1) <= 0.05 })
        #expect(abs(draws.count { $0.degrees != .zero } - 1000) < 100 && abs(draws.count { $0.noise > 0 } - 1000) < 100)
    }

    @Test func changingOneSettingLeavesTheOthers() {
        var other = self.full
        (other.rotation, other.noise) = (0, 0)
        for index in 0..<50 {
            var first = CounterRandom(seed: 3, epoch: 1, sample: index)
            var second = first
            let (a, b) = (self.full.draw(using: &first), other.draw(using: &second))
            #expect(a.scale == b.scale && a.shift == b.shift && first == second)
        }
    }

    @Test func noSettingsChangeNothing() {
        let size = VolumeSize(depth: 2, height: 3, width: 4)
        let voxels = (0..<24).map { Float($0) }
        var random = CounterRandom(seed: 1, epoch: 0, sample: 0)
        #expect(VolumeAugmentation().isIdentity && !self.full.isIdentity)
        #expect(VolumeAugmentation().apply(voxels, size: size, using: &random) == voxels)
    }

    @Test func settingsAreCheckedAndRoundTrip() throws {
        let data = try JSONEncoder().encode(self.full)
        #expect(try JSONDecoder().decode(VolumeAugmentation.self, from: data) == self.full)
        for text in [#"{"rotation": 181}"#, #"{"scale": 1}"#, #"{"noise": -1}"#, #"{"affineProbability": 2}"#] {
            #expect(throws: ImagingError.self) { try JSONDecoder().decode(VolumeAugmentation.self, from: Data(text.utf8)) }
        }
    }
}
