import Foundation
import Imaging
import Testing

struct PictureCase: Decodable {
    var name: String
    var file: Data
    var width: Int
    var height: Int
    var pixels: Data
    var window: [Double]?
}

struct CodingCase: Decodable {
    var name: String
    var file: Data
    /// `[height, width, samples]`, little endian.
    var bytes: Data
}

@Suite struct DicomPictureTests {
    @Test func everyPictureIsShownAsTheStandardSays() throws {
        let cases: [PictureCase] = try Golden.read("pictures", in: "volumes")
        #expect(cases.count == 25)
        for testCase in cases {
            let window = testCase.window.map { DicomWindow.linear(center: $0[0], width: $0[1]) } ?? .stored
            let image = try Image.decodeDicom(Array(testCase.file), window: window, subject: testCase.name)
            let expected = Image(width: testCase.width, height: testCase.height, pixels: Array(testCase.pixels))
            #expect(mismatch(image, expected) == nil, "\(testCase.name)")
            if testCase.window == nil { #expect(try Image.decode(Array(testCase.file)) == image, "\(testCase.name)") }
        }
    }

    /// Every order of scans, depth and tolerance of JPEG-LS, against CharLS.
    @Test func everyJpegLSIsExact() throws {
        let cases: [CodingCase] = try Golden.read("jpegls", in: "volumes")
        #expect(cases.count == 41)
        for testCase in cases {
            let file = try DicomFile(Array(testCase.file), subject: testCase.name)
            let frame = try file.frame(of: file.pixels())
            #expect(frame.bytes == Array(testCase.bytes), "\(testCase.name)")
        }
    }

    @Test func windowsAreChecked() throws {
        let cases: [PictureCase] = try Golden.read("pictures", in: "volumes")
        let file = try Array(#require(cases.first { $0.name == "stored window" }).file)
        for width in [0.5, 0, -3, .nan, .infinity] {
            let error = failure { () throws(ImagingError) in
                _ = try Image.decodeDicom(file, window: .linear(center: 0, width: width))
            }
            #expect(error?.code == .invalidSetting, "\(width)")
        }
        let (stored, full) = (try Image.decodeDicom(file), try Image.decodeDicom(file, window: .fullRange))
        #expect(stored != full && full.pixels.min() == 0 && full.pixels.max() == 255)
    }

    @Test func aFileOfSeveralFramesNeedsAChoice() throws {
        let cases: [SeriesCase] = try Golden.read("series", in: "volumes")
        let file = try Array(#require(cases.first { $0.name == "several frames" }?.files.first))
        let error = failure { () throws(ImagingError) in _ = try Image.decodeDicom(file) }
        #expect(error?.code == .unsupportedFormat && error?.message.contains("4 frames") == true)
        let frames = try (0..<4).map { try Image.decodeDicom(file, frame: $0) }
        #expect(Set(frames).count == 4)
        #expect(failure { () throws(ImagingError) in _ = try Image.decodeDicom(file, frame: 4) }?.code == .invalidSetting)
    }

    @Test func pixelsAboveTheLimitAreRefused() throws {
        let cases: [PictureCase] = try Golden.read("pictures", in: "volumes")
        let file = try Array(#require(cases.first).file)
        let limits = DecodingLimits(pixels: 32 * 34 - 1)
        #expect(failure { () throws(ImagingError) in _ = try Image.decode(file, limits: limits) }?.code == .tooLarge)
    }
}
