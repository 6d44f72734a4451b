import Foundation
import Imaging
import Testing

@Suite struct AugmentationTests {
    private var full: Augmentation {
        var value = Augmentation()
        (value.horizontalFlip, value.verticalFlip, value.rotate90) = (0.5, 0.3, 0.5)
        (value.rotation, value.scale, value.shift) = (15, 0.1, 0.0625)
        (value.brightness, value.contrast, value.saturation, value.hue) = (0.2, 0.2, 0.2, 0.1)
        return value
    }

    @Test func aSampleIsAFunctionOfItsKeys() {
        let picture = sample(40, 40)
        func version(_ seed: UInt64, _ epoch: Int, _ index: Int) -> Image {
            var random = CounterRandom(seed: seed, epoch: epoch, sample: index)
            return self.full.apply(picture, using: &random)
        }
        #expect(version(1, 2, 3) == version(1, 2, 3))
        let others = [version(2, 2, 3), version(1, 3, 3), version(1, 2, 4), version(1, 3, 2)]
        #expect(Set(others + [version(1, 2, 3)]).count == 5)
    }

    /// Resumed runs depend on these values never changing.
    @Test func generatorIsFixed() {
        var random = CounterRandom(seed: 42, epoch: 3, sample: 1000)
        let words = (0..<3).map { _ in random.next() }
        #expect(words == Self.words, "\(words)")
        var other = CounterRandom(seed: 42, epoch: -1, sample: 0)
        let mean = (0..<10_000).reduce(0.0) { sum, _ in sum + Double(other.next() >> 11) * 0x1p-53 } / 10_000
        #expect(abs(mean - 0.5) < 0.01)
    }

    static let words: [UInt64] = [6_038_161_379_178_458_612, 12_212_255_307_622_581_861, 12_867_059_813_742_663_479]

    @Test func drawsStayWithinTheirRanges() {
        var draws: [Augmentation.Draw] = []
        for index in 0..<2000 {
            var random = CounterRandom(seed: 9, epoch: 0, sample: index)
            draws.append(self.full.draw(using: &random))
        }
        #expect(draws.allSatisfy { abs($0.degrees) <= 15 && abs($0.scale - 1) <= 0.1 && abs($0.hue) <= 0.1 })
        #expect(draws.allSatisfy { abs($0.shiftX) <= 0.0625 && abs($0.shiftY) <= 0.0625 && (0...3).contains($0.quarterTurns) })
        #expect(draws.allSatisfy { (0.8...1.2).contains($0.brightness) && (0.8...1.2).contains($0.contrast) })
        #expect(abs(draws.count { $0.mirrored } - 1000) < 100 && abs(draws.count { $0.flipped } - 600) < 100)
        #expect(abs(draws.count { $0.quarterTurns != 0 } - 750) < 100)
        #expect(draws.contains { $0.degrees > 13 } && draws.contains { $0.degrees < -13 })
    }

    @Test func noSettingsChangeNothing() {
        let picture = sample(31, 22)
        var random = CounterRandom(seed: 1, epoch: 0, sample: 0)
        #expect(Augmentation().isIdentity && !self.full.isIdentity)
        #expect(Augmentation().apply(picture, using: &random) == picture)
    }

    @Test func changingOneSettingLeavesTheOthers() {
        var other = self.full
        other.brightness = 0
        other.rotate90 = 0
        var (one, two) = (CounterRandom(seed: 1, epoch: 0, sample: 7), CounterRandom(seed: 1, epoch: 0, sample: 7))
        let (a, b) = (self.full.draw(using: &one), other.draw(using: &two))
        #expect(a.degrees == b.degrees && a.hue == b.hue && a.contrast == b.contrast && a.mirrored == b.mirrored)
        #expect(one.next() == two.next())
    }

    @Test func quarterTurnsAreCounterClockwise() {
        // [[0, 1], [2, 3]] turned is [[1, 3], [0, 2]].
        let square = Image(width: 2, height: 2, pixels: [0, 1, 2, 3].flatMap { [$0, $0, $0] })
        var draw = Augmentation.Draw()
        draw.quarterTurns = 1
        #expect(draw.apply(square).pixels.enumerated().filter { $0.offset % 3 == 0 }.map(\.element) == [1, 3, 0, 2])
        let wide = sample(4, 2)
        #expect(draw.apply(wide) == wide)
        draw.quarterTurns = 2
        #expect(draw.apply(wide) == wide.oriented(.rotated180))
    }

    @Test func warpsAgreeWithExactTurns() {
        let picture = sample(25, 25)
        let turned = picture.warped(degrees: 90, scale: 1, dx: 0, dy: 0, border: .black)
        #expect(mismatch(turned, picture.oriented(.rotated270)) == nil)
        let shifted = picture.warped(degrees: 0, scale: 1, dx: 3, dy: -2, border: .black)
        #expect(mismatch(shifted, picture.cropped(x: -3, y: 2, width: 25, height: 25)) == nil)
        let same = picture.warped(degrees: 0, scale: 1, dx: 0, dy: 0, border: .reflect)
        #expect(mismatch(same, picture) == nil)
    }

    @Test func bordersAreBlackOrMirrored() {
        let picture = sample(10, 8)
        let mirrored = picture.warped(degrees: 0, scale: 1, dx: 4, dy: 0, border: .reflect)
        for x in 0..<4 { #expect(mirrored[x: x, y: 5] == picture[x: 4 - x, y: 5]) }
        let far = picture.warped(degrees: 0, scale: 1, dx: 1000, dy: 0, border: .black)
        #expect(far == Image(width: 10, height: 8))
        let white = Image(width: 10, height: 8, red: 255, green: 255, blue: 255)
        #expect(white.warped(degrees: 33, scale: 0.3, dx: 2, dy: 1, border: .reflect) == white)
    }

    @Test func scaleAboveOneMagnifies() {
        var picture = Image(width: 21, height: 21)
        picture[x: 14, y: 10] = (200, 200, 200)
        let larger = picture.warped(degrees: 0, scale: 2, dx: 0, dy: 0, border: .black)
        #expect(larger[x: 18, y: 10] == (200, 200, 200))
    }

    @Test func configurationIsReadAndChecked() throws {
        let text = #"{"horizontalFlip": 0.5, "rotation": 15, "border": "reflect"}"#
        let value = try JSONDecoder().decode(Augmentation.self, from: Data(text.utf8))
        #expect(value.horizontalFlip == 0.5 && value.rotation == 15 && value.border == .reflect && value.hue == 0)
        #expect(try JSONDecoder().decode(Augmentation.self, from: JSONEncoder().encode(self.full)) == self.full)
        var wrong = Augmentation()
        wrong.hue = 0.6
        #expect(failure { () throws(ImagingError) in try wrong.validate() }?.subject == "augmentation.hue")
        wrong.hue = .nan
        #expect(failure { () throws(ImagingError) in try wrong.validate() }?.code == .invalidSetting)
    }
}
