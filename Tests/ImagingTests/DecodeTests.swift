import Foundation
import Imaging
import Testing

struct DecodeCase: Decodable {
    var name: String
    var file: Data
    var width: Int
    var height: Int
    var pixels: Data
}

@Suite struct DecodeTests {
    @Test func everyVariantDecodesAsPillowDoes() throws {
        let cases: [DecodeCase] = try Golden.read("decode")
        #expect(cases.count > 40)
        for testCase in cases {
            let expected = Image(width: testCase.width, height: testCase.height, pixels: Array(testCase.pixels))
            let actual = try Image.decode(Array(testCase.file), subject: testCase.name)
            #expect(mismatch(actual, expected) == nil, "\(testCase.name)")
        }
    }

    @Test func aPictureThatIsNotRefusesByName() throws {
        let files: [(String, [UInt8], ImagingError.Code)] = [
            ("0 bytes", [], .empty),
            ("GIF", Array("GIF89a......".utf8), .unsupportedFormat),
            ("BMP", Array("BM..............".utf8), .unsupportedFormat),
            ("TIFF", [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0], .unsupportedFormat),
            ("WebP", Array("RIFF....WEBPVP8 ".utf8), .unsupportedFormat),
            ("JPEG 2000", [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20, 13, 10, 0x87, 10], .unsupportedFormat),
            ("DICOM", [UInt8](repeating: 0, count: 128) + Array("DICM".utf8), .corrupt),
            ("not an image", Array("id_code,diagnosis\n".utf8), .unsupportedFormat),
        ]
        for (words, bytes, code) in files {
            let error = try #require(failure { () throws(ImagingError) in _ = try Image.decode(bytes, subject: "eye.png") })
            #expect(error.code == code)
            #expect(error.subject == "eye.png" && error.message.contains(words), "\(error)")
        }
    }

    @Test func tooManyPixelsAreRefusedFromTheHeader() throws {
        var png = try Image(width: 1, height: 1).encodedPNG()
        png.replaceSubrange(16..<24, with: [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10])
        repairHeaderChecksum(&png)
        let error = try #require(failure { () throws(ImagingError) in _ = try Image.decode(png) })
        #expect(error.code == .tooLarge)
        #expect(error.message.contains("100 megapixels") && error.message.contains("limit is 64 megapixels"), "\(error)")

        let jpeg = try sample(40, 30).encodedJPEG()
        let limits = DecodingLimits(pixels: 1199)
        #expect(failure { () throws(ImagingError) in _ = try Image.decode(jpeg, limits: limits) }?.code == .tooLarge)
        #expect(try Image.decode(jpeg, limits: DecodingLimits(pixels: 1200)).width == 40)
    }

    @Test func aHeaderThatPromisesMoreThanTheFileCanHoldAllocatesNothing() throws {
        var png = try Image(width: 1, height: 1).encodedPNG()
        png.replaceSubrange(16..<24, with: [0, 0, 0x1F, 0x40, 0, 0, 0x1F, 0x40])
        repairHeaderChecksum(&png)
        #expect(failure { () throws(ImagingError) in _ = try Image.decode(png) }?.code == .truncated)

        var jpeg = try Image(width: 8, height: 8).encodedJPEG()
        let frame = try #require(jpeg.indices.dropLast().first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0x1F, 0x40, 0x1F, 0x40])
        #expect(failure { () throws(ImagingError) in _ = try Image.decode(jpeg) }?.code == .truncated)
    }

    @Test func progressiveFilesStayWithinMemoryAndScans() throws {
        let cases: [DecodeCase] = try Golden.read("decode")
        let progressive = try Array(#require(cases.first { $0.name == "jpeg progressive 40x130" }).file)
        for limits in [DecodingLimits(workingMemory: 20_000), DecodingLimits(scans: 3)] {
            let error = failure { () throws(ImagingError) in _ = try Image.decode(progressive, limits: limits) }
            #expect(error?.code == .tooLarge, "\(String(describing: error))")
        }
    }

    @Test func loadNamesTheFile() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "imaging-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let picture = sample(31, 17)
        let file = folder.appending(path: "picture.jpg").path
        try Data(picture.encodedPNG()).write(to: URL(filePath: file))
        #expect(try Image.load(path: file) == picture, "the content counts, not the name")
        let small = DecodingLimits(fileBytes: 100)
        #expect(failure { () throws(ImagingError) in _ = try Image.load(path: file, limits: small) }?.code == .tooLarge)
        for path in [folder.appending(path: "missing.png").path, folder.path] {
            let error = try #require(failure { () throws(ImagingError) in _ = try Image.load(path: path) })
            #expect(error.code == .unreadable && error.subject == path, "\(error)")
        }
        let empty = folder.appending(path: "empty.png").path
        try Data().write(to: URL(filePath: empty))
        #expect(failure { () throws(ImagingError) in _ = try Image.load(path: empty) }?.code == .empty)
    }

    @Test func encodersRoundTrip() throws {
        let picture = sample(61, 47)
        #expect(try Image.decode(picture.encodedPNG()) == picture)
        #expect(try Image.decode(picture.encodedPNG(level: 0)) == picture)
        let jpeg = try Image.decode(picture.encodedJPEG(quality: 100, fullColour: true))
        #expect(mismatch(jpeg, picture, tolerance: 4) == nil)
        let grey = (0..<35).map { UInt8($0 * 7) }
        let expected = Image(width: 7, height: 5, pixels: grey.flatMap { [$0, $0, $0] })
        #expect(try Image.decode(Image.greyPNG(grey, width: 7, height: 5)) == expected)
        let lossy = try Image.decode(Image.greyJPEG(grey, width: 7, height: 5, quality: 100))
        #expect(mismatch(lossy, expected, tolerance: 3) == nil)
    }

    @Test func damagedExifIsIgnored() throws {
        let jpeg = try sample(20, 10).encodedJPEG()
        let plain = try Image.decode(jpeg)
        let blocks: [[UInt8]] = [
            [], [0x49], Array("MM".utf8), [0x49, 0x49, 42, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 0xFF, 0xFF], [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0],
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0],
        ]
        for block in blocks {
            let segment: [UInt8] = [0xFF, 0xE1, 0, UInt8(block.count + 8)] + Array("Exif".utf8) + [0, 0] + block
            let file = Array(jpeg.prefix(2)) + segment + Array(jpeg.dropFirst(2))
            #expect(try Image.decode(file) == plain)
        }
    }
}

/// Writes the CRC of a PNG's first chunk anew.
func repairHeaderChecksum(_ png: inout [UInt8]) {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in png[12..<29] {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    crc = ~crc
    png.replaceSubrange(29..<33, with: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: crc >> $0) })
}
