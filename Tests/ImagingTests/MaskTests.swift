import Imaging
import Testing

@Suite struct MaskTests {
    /// A grey picture of values.
    private func grey(_ width: Int, _ height: Int, _ values: [UInt8]) -> Image {
        Image(width: width, height: height, pixels: values.flatMap { [$0, $0, $0] })
    }

    @Test func valuesBecomeClasses() throws {
        let mask = try Mask(self.grey(3, 1, [0, 255, 128]), values: [0, 128, 255], subject: "m.png")
        #expect(mask.values == [0, 2, 1])
        #expect(mask[x: 1, y: 0] == 2)
    }

    @Test func unknownValuesAreNamedWithTheirPlace() throws {
        let error = #expect(throws: ImagingError.self) {
            try Mask(self.grey(2, 2, [0, 255, 0, 7]), values: [0, 255], subject: "m.png")
        }
        #expect(error?.code == .unknownValue)
        #expect(error?.description == "m.png: has the value 7 at column 1, row 1; a mask has the values 0, 255 only")
        let colour = Image(width: 1, height: 1, red: 0, green: 255, blue: 0)
        #expect(throws: ImagingError.self) { try Mask(colour, values: [0, 255], subject: "m.png") }
    }

    /// Pillow's rule: output i takes the source pixel under (i + 0.5) · from / to.
    @Test func nearestTakesThePixelUnderTheCentre() {
        let row = self.grey(5, 1, [10, 20, 30, 40, 50])
        func resized(_ width: Int) -> [UInt8] {
            Mask(classes: row.resizedToNearest(width: width, height: 1)).values
        }
        #expect(resized(2) == [20, 40])
        #expect(resized(3) == [10, 30, 50])
        #expect(resized(10) == [10, 10, 20, 20, 30, 30, 40, 40, 50, 50])
        #expect(Mask(classes: row.resizedToNearest(width: 5, height: 2)).values == [10, 20, 30, 40, 50, 10, 20, 30, 40, 50])
    }

    /// A mask moves exactly as its picture does: wherever a picture of two brightnesses is not blended, it shows the class.
    @Test func aMaskFollowsItsPicture() throws {
        let (width, height) = (40, 32)
        let classes = (0..<(width * height)).map { pixel -> UInt8 in
            let (x, y) = (pixel % width, pixel / width)
            return x > 8 && x < 27 && y > 5 && y < 20 ? 1 : 0
        }
        let image = self.grey(width, height, classes.map { $0 == 1 ? 200 : 100 })
        var augmentation = Augmentation()
        augmentation.horizontalFlip = 0.5
        augmentation.verticalFlip = 0.5
        augmentation.rotation = 40
        augmentation.scale = 0.2
        augmentation.shift = 0.1
        augmentation.border = .reflect
        var compared = 0
        for sample in 0..<20 {
            var random = CounterRandom(seed: 3, epoch: 0, sample: sample)
            let draw = augmentation.draw(using: &random)
            let (moved, mask) = (draw.apply(image), draw.apply(Mask(width: width, height: height, classes: classes)))
            for pixel in 0..<(width * height) {
                let value = moved.pixels[pixel * 3]
                guard value == 100 || value == 200 else { continue }
                compared += 1
                #expect((mask.values[pixel] == 1) == (value == 200))
            }
        }
        #expect(compared > 15_000)
    }

    @Test func cropAndResizeGoTogether() throws {
        let preprocessing = try Preprocessing(crop: .fundus, height: 32, width: 32, filter: .bilinear, normalization: .imageNet)
        // A bright disc in a dark frame, whose left half is of class 1.
        let (width, height) = (120, 90)
        let pixels = (0..<(width * height)).map { pixel -> (value: UInt8, label: UInt8) in
            let (x, y) = (pixel % width - 60, pixel / width - 45)
            let isIn = x * x + y * y < 35 * 35
            return (isIn ? 180 : 2, isIn && x < 0 ? 1 : 0)
        }
        let image = self.grey(width, height, pixels.map(\.value))
        let (small, mask) = try preprocessing.geometric(image, Mask(width: width, height: height, classes: pixels.map(\.label)))
        #expect((small.width, small.height, mask.width, mask.height) == (32, 32, 32, 32))
        #expect(small == (try preprocessing.geometric(image)))
        #expect(mask[x: 8, y: 16] == 1 && mask[x: 24, y: 16] == 0 && mask[x: 0, y: 0] == 0)
    }
}
