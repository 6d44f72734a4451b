import Foundation
import Imaging
import Testing

@Suite struct ColourTests {
    struct File: Decodable {
        var width: Int
        var height: Int
        var pixels: Data
        var cases: [Case]
    }

    struct Case: Decodable {
        var operation: String
        var amount: Double
        var pixels: Data
    }

    /// Bit-equal to Pillow's ImageEnhance and to torchvision's hue on Pillow pictures.
    @Test func jitterMatchesPillowAndTorchvision() throws {
        let file: File = try Golden.read("colour")
        #expect(file.cases.count == 25)
        for testCase in file.cases {
            var image = Image(width: file.width, height: file.height, pixels: Array(file.pixels))
            let expected = Image(width: file.width, height: file.height, pixels: Array(testCase.pixels))
            switch testCase.operation {
            case "brightness": image.adjustBrightness(Float(testCase.amount))
            case "contrast": image.adjustContrast(Float(testCase.amount))
            case "saturation": image.adjustSaturation(Float(testCase.amount))
            case "hue": image.adjustHue(testCase.amount)
            default: Issue.record("unknown operation \(testCase.operation)")
            }
            #expect(mismatch(image, expected) == nil, "\(testCase.operation) \(testCase.amount)")
        }
    }
}
