import Foundation
import Imaging
import Testing

struct NiftiCase: Decodable {
    var name: String
    var file: Data
    var expected: StoredVolume

    private enum CodingKeys: String, CodingKey { case name, file }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.name = try values.decode(String.self, forKey: .name)
        self.file = try values.decode(Data.self, forKey: .file)
        self.expected = try StoredVolume(from: decoder)
    }
}

@Suite struct NiftiTests {
    @Test func everyVariantReadsAsNibabelDoes() throws {
        let cases: [NiftiCase] = try Golden.read("nifti", in: "volumes")
        #expect(cases.count == 31)
        for testCase in cases {
            let volume = try Volume.decodeNifti(Array(testCase.file), subject: testCase.name)
            #expect(mismatch(volume, testCase.expected) == nil, "\(testCase.name)")
        }
    }

    @Test func whatIsNoVolumeIsRefusedByName() throws {
        let valid = try self.plain()
        func changed(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
            var file = valid
            file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            return file
        }
        func short(_ values: Int16...) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        }
        let cases: [(String, [UInt8], ImagingError.Code)] = [
            ("empty", [], .empty),
            ("not a NIfTI", Array(repeating: 7, count: 400), .unsupportedFormat),
            ("magic", changed(344, Array("abcd".utf8)), .unsupportedFormat),
            ("another file", changed(344, Array("ni1\0".utf8)), .unsupportedFormat),
            ("data type 128", changed(70, short(128)), .unsupportedFormat),
            ("picture of 2 dimensions", changed(40, short(2)), .notAVolume),
            ("series of volumes", changed(40, short(4, 5, 4, 3, 2)), .notAVolume),
            ("dimensions", changed(40, short(0)), .corrupt),
            ("without voxels", changed(40, short(3, 5, -4)), .corrupt),
            ("above the limit", changed(40, short(3, 32767, 32767, 32767)), .tooLarge),
            ("cut short", changed(40, short(3, 500, 400, 300)), .truncated),
            ("voxels start", changed(108, [0, 0, 0, 0]), .corrupt),
            ("no size", changed(280, [UInt8](repeating: 0, count: 48)), .corrupt),
            // 0.8 in the second row makes the first two axes lean towards each other.
            ("not perpendicular", changed(296, [0xCD, 0xCC, 0x4C, 0x3F]), .gantryTilt),
        ]
        for (words, file, code) in cases {
            func decode() throws(ImagingError) { _ = try Volume.decodeNifti(file, subject: "ct.nii") }
            let error = try #require(failure(decode), "\(words)")
            #expect(error.code == code && error.subject == "ct.nii" && error.message.contains(words), "\(error)")
        }
    }

    @Test func compressedBombsAreRefused() throws {
        let cases: [NiftiCase] = try Golden.read("nifti", in: "volumes")
        let compressed = try Array(#require(cases.first { $0.name == "big endian int16 gzip" }).file)
        // A second member of 1 MiB after the voxels.
        let bomb = compressed + Self.mebibyteOfZeros
        #expect(failure { () throws(ImagingError) in _ = try Volume.decodeNifti(bomb) }?.code == .tooLarge)
        let limits = VolumeLimits(voxels: 59)
        #expect(failure { () throws(ImagingError) in _ = try Volume.decodeNifti(compressed, limits: limits) }?.code == .tooLarge)
        #expect(try Volume.decodeNifti(compressed, limits: VolumeLimits(voxels: 60)).size.count == 60)
        // The checksum counts.
        var damaged = compressed
        damaged[damaged.count - 8] ^= 1
        #expect(failure { () throws(ImagingError) in _ = try Volume.decodeNifti(damaged) }?.code == .corrupt)
    }

    @Test func filesAreNamedInErrors() throws {
        try withFolder { folder in
            let path = folder.appending(path: "a.nii").path
            #expect(failure { () throws(ImagingError) in _ = try Volume.loadNifti(path: path) }?.subject == path)
            try Data(self.plain()).write(to: URL(filePath: path))
            #expect(try Volume.loadNifti(path: path).size.count == 60)
        }
    }

    private func plain() throws -> [UInt8] {
        let cases: [NiftiCase] = try Golden.read("nifti", in: "volumes")
        return try Array(#require(cases.first { $0.name == "version 1 i2" }).file)
    }

    /// A gzip member of about 2^20 zeros.
    private static let mebibyteOfZeros: [UInt8] = {
        // Stored blocks of 65,535 zeros, then the checksum of 16 * 65,535 zeros, which is never reached.
        var member: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        for index in 0..<16 { member += [index == 15 ? 1 : 0, 0xFF, 0xFF, 0, 0] + [UInt8](repeating: 0, count: 65_535) }
        return member + [0, 0, 0, 0, 0xF0, 0xFF, 0x0F, 0]
    }()
}
