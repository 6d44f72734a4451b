import Foundation
import Imaging
import Testing

@Suite struct FundusCropTests {
    /// A reddish disc with darker rim on a noisy black border.
    private func photograph(_ width: Int, _ height: Int, x: Double, y: Double, radius: Double, label: Bool = false) -> Image {
        var image = Image(width: width, height: height)
        var random = CounterRandom(seed: 3, epoch: 0, sample: width + height)
        for row in 0..<height {
            for column in 0..<width {
                let (dx, dy) = (Double(column) + 0.5 - x, Double(row) + 0.5 - y)
                let distance = (dx * dx + dy * dy).squareRoot() / radius
                let noise = UInt8(random.next() % 9)
                if distance < 1 {
                    let light = UInt8(190 - 120 * distance * distance)
                    image[x: column, y: row] = (light + noise, light / 2 + noise, light / 4 + noise)
                } else {
                    image[x: column, y: row] = (noise, noise, noise)
                }
                if label, row < 12, column < 60, column / 4 % 2 == 0 { image[x: column, y: row] = (255, 255, 255) }
            }
        }
        return image
    }

    private func expectSquare(_ image: Image, x: Double, y: Double, radius: Double, _ name: Comment) throws {
        let square = try #require(FundusCrop(of: image), name)
        let cell = Double((max(image.width, image.height) + 511) / 512)
        let slack = 2 * cell + 1
        #expect(abs(Double(square.side) - 2 * radius) <= slack, name)
        #expect(abs(Double(square.x) + Double(square.side) / 2 - x) <= slack, name)
        #expect(abs(Double(square.y) + Double(square.side) / 2 - y) <= slack, name)
    }

    @Test func drawnDiscsAreFound() throws {
        let cases: [(Comment, Int, Int, Double, Double, Double)] = [
            ("whole disc", 300, 200, 140, 95, 80), ("off centre", 400, 300, 120, 170, 90),
            ("cut above and below", 300, 200, 150, 100, 130), ("cut below", 300, 260, 150, 160, 120),
            ("cut above", 300, 260, 150, 100, 120), ("cut left and right", 200, 300, 100, 150, 130),
            ("cut unevenly above and below", 320, 200, 160, 110, 140), ("several pixels per cell", 1200, 900, 580, 440, 400),
        ]
        for (name, width, height, x, y, radius) in cases {
            try expectSquare(photograph(width, height, x: x, y: y, radius: radius), x: x, y: y, radius: radius, name)
        }
    }

    @Test func letteringInTheBorderDoesNotCount() throws {
        let image = photograph(400, 300, x: 220, y: 160, radius: 110, label: true)
        try expectSquare(image, x: 220, y: 160, radius: 110, "lettering")
    }

    @Test func cutDiscsArePaddedWithBlack() throws {
        let image = photograph(300, 200, x: 150, y: 100, radius: 130)
        let crop = image.croppedToFundus()
        #expect(crop.width == crop.height && abs(crop.width - 260) <= 3)
        #expect(crop[x: crop.width / 2, y: 2] == (0, 0, 0) && crop[x: crop.width / 2, y: crop.height - 3] == (0, 0, 0))
        #expect(crop[x: crop.width / 2, y: crop.height / 2].red > 150)
    }

    @Test func picturesWithoutADarkBorderStayWhole() throws {
        let bright = photograph(120, 80, x: 60, y: 40, radius: 200)
        #expect(FundusCrop(of: Image(width: 50, height: 40)) == nil, "black")
        #expect(FundusCrop(of: Image(width: 50, height: 40, red: 200, green: 100, blue: 40)) == nil, "one colour")
        #expect(Image(width: 50, height: 40, red: 9, green: 9, blue: 9).croppedToFundus().width == 50)
        #expect(bright.croppedToFundus().height == 80)
        #expect(FundusCrop(of: Image(width: 1, height: 1, red: 255)) == nil)
        #expect(FundusCrop(of: photograph(300, 200, x: 150, y: 100, radius: 20)) == nil, "a speck is not a retina")
    }

    /// The photographs are 574 x 384 with the circle cut at top and bottom.
    @Test func realPhotographs() throws {
        guard let folder = Golden.sharedFolder("fundus_srahim/images") else { return }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".jpg") }.sorted()
        #expect(names.count > 16)
        for name in names.prefix(16) {
            let image = try Image.load(path: folder.appending(path: name).path)
            let square = try #require(FundusCrop(of: image), "\(name)")
            #expect(square.side > 384 && square.side < 574, "\(name): \(square)")
            #expect(square.x >= 0 && square.x + square.side <= image.width, "\(name): \(square)")
            #expect(square == FundusCrop(of: image))
        }
    }
}
