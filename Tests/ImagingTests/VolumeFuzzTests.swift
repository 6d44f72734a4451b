import Foundation
import Imaging
import Testing

/// Damaged files give a value or an error: never a trap, never more memory than the limits allow.
@Suite struct VolumeFuzzTests {
    private static let volumeLimits = VolumeLimits(voxels: 1 << 20, fileBytes: 16 << 20, sliceBytes: 16 << 20)
    private static let pictureLimits = DecodingLimits(pixels: 1 << 20, fileBytes: 16 << 20, workingMemory: 16 << 20)

    @Test func everyTruncationOfANiftiFileIsRefused() throws {
        for name in ["version 1 i2", "version 2 big endian f4", "big endian int16 gzip"] {
            let file = try self.nifti(name)
            for length in 0..<file.count {
                let error = failure { () throws(ImagingError) in
                    _ = try Volume.decodeNifti(Array(file.prefix(length)), limits: Self.volumeLimits)
                }
                #expect(error != nil, "\(name) cut to \(length)")
            }
        }
    }

    @Test func flippedBitsOfNiftiFilesGiveAVolumeOrAnError() throws {
        var (read, refused) = (0, 0)
        for name in ["version 1 i2", "version 1 f8", "version 2 big endian u1", "big endian int16 gzip", "qform only"] {
            let file = try self.nifti(name)
            for trial in 0..<1000 {
                let broken = flipped(file, trial, structure: 400)
                do throws(ImagingError) {
                    let volume = try Volume.decodeNifti(broken, limits: Self.volumeLimits)
                    #expect(volume.voxels.count == volume.size.count)
                    #expect(volume.canonical().size.count == volume.size.count)
                    read += 1
                } catch {
                    #expect(error.code != .memory, "\(name): \(error)")
                    refused += 1
                }
            }
        }
        #expect(read > 500 && refused > 500, "\(read) read, \(refused) refused")
    }

    /// Cut anywhere, a DICOM picture is refused, except where only what follows the pixels is lost.
    @Test func everyTruncationOfADicomFileIsRefused() throws {
        for (name, file) in try self.pictures() {
            for length in 0..<file.count - 1 {
                let error = failure { () throws(ImagingError) in
                    _ = try Image.decode(Array(file.prefix(length)), limits: Self.pictureLimits)
                }
                #expect(error != nil, "\(name) cut to \(length)")
            }
        }
    }

    @Test func flippedBitsOfDicomFilesGiveAPictureOrAnError() throws {
        var (read, refused) = (0, 0)
        for (name, file) in try self.pictures() {
            for trial in 0..<600 {
                let broken = flipped(file, trial, structure: 700)
                do throws(ImagingError) {
                    let image = try Image.decodeDicom(broken, frame: 0, limits: Self.pictureLimits)
                    #expect(image.pixels.count == image.width * image.height * 3)
                    read += 1
                } catch {
                    #expect(error.code != .memory, "\(name): \(error)")
                    refused += 1
                }
            }
        }
        #expect(read > 500 && refused > 500, "\(read) read, \(refused) refused")
    }

    @Test func flippedBitsInASeriesGiveAVolumeOrAnError() throws {
        let cases: [SeriesCase] = try Golden.read("series", in: "volumes")
        let series = try #require(cases.first { $0.name == "unsigned with intercept" })
        var (read, refused) = (0, 0)
        for trial in 0..<300 {
            try withFolder { folder in
                var files = series.files
                files[trial % files.count] = Data(flipped(Array(files[trial % files.count]), trial, structure: 1000))
                try write(files, to: folder)
                do throws(ImagingError) {
                    let volume = try Volume.loadDicom(folder: folder.path, limits: Self.volumeLimits)
                    #expect(volume.voxels.count == volume.size.count)
                    read += 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(read > 30 && refused > 30, "\(read) read, \(refused) refused")
    }

    /// Other libraries loop on some of these: every code has a bound here.
    @Test func damagedJpegLSEndsQuickly() throws {
        let cases: [CodingCase] = try Golden.read("jpegls", in: "volumes")
        var (read, refused) = (0, 0)
        let start = ContinuousClock.now
        for testCase in cases {
            for trial in 0..<100 {
                let broken = flipped(Array(testCase.file), 2 * trial + 1, structure: 0)
                do throws(ImagingError) {
                    _ = try Image.decodeDicom(broken, limits: Self.pictureLimits)
                    read += 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(read > 100 && refused > 1000, "\(read) read, \(refused) refused")
        #expect(ContinuousClock.now - start < .seconds(120))
    }

    /// Numbers that overflow, vanish or are none give a picture, a volume of finite places, or an error.
    @Test func hostileNumbersAreHarmless() throws {
        let cases: [HostileCase] = try Golden.read("hostile", in: "volumes")
        #expect(cases.count == 12)
        for testCase in cases {
            let file = Array(testCase.file)
            for window in [DicomWindow.stored, .fullRange, .linear(center: -1e300, width: 1e300)] {
                _ = failure { () throws(ImagingError) in _ = try Image.decodeDicom(file, window: window) }
            }
            let shown = failure { () throws(ImagingError) in _ = try Image.decodeDicom(file) }
            #expect((shown != nil) == (testCase.name == "no slope"), "\(testCase.name): \(String(describing: shown))")
            try withFolder { folder in
                try write([testCase.file, testCase.file], to: folder)
                let error = failure { () throws(ImagingError) in _ = try Volume.loadDicom(folder: folder.path) }
                // At one place at best.
                #expect(error?.code == .duplicateSlices || error?.code == .corrupt, "\(testCase.name)")
            }
        }
    }

    @Test func nestingAndClaimsCostNothing() throws {
        let explicit = Array("1.2.840.10008.1.2.1\0".utf8)
        var meta = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
        meta += [2, 0, 0x10, 0] + Array("UI".utf8) + [UInt8(explicit.count), 0] + explicit
        // A value of almost 4 GiB in a file of 200 bytes.
        let claim = meta + [0x10, 0, 0, 0x10] + Array("OB".utf8) + [0, 0, 0, 0, 0, 0xF0, 1, 2, 3]
        // Sequences inside items inside sequences.
        let level: [UInt8] =
            [8, 0, 0x15, 0x11] + Array("SQ".utf8) + [0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]
        let nested = meta + Array([[UInt8]](repeating: level, count: 100_000).joined())
        for (file, code) in [(claim, ImagingError.Code.truncated), (nested, .corrupt)] {
            #expect(failure { () throws(ImagingError) in _ = try DicomFile(file) }?.code == code)
        }
    }

    private func nifti(_ name: String) throws -> [UInt8] {
        let cases: [NiftiCase] = try Golden.read("nifti", in: "volumes")
        return try Array(#require(cases.first { $0.name == name }).file)
    }

    /// One file of each coding.
    private func pictures() throws -> [(String, [UInt8])] {
        let wanted = [
            "stored window", "palette", "big endian, RGB", "RLE, 12 bits", "JPEG 2000, 12 bits", "JPEG-LS, RGB",
            "JPEG lossless, 12 bits", "JPEG lossless, RGB",
        ]
        let cases: [PictureCase] = try Golden.read("pictures", in: "volumes")
        let files = cases.filter { wanted.contains($0.name) }.map { ($0.name, Array($0.file)) }
        #expect(files.count == wanted.count)
        return files
    }
}

struct HostileCase: Decodable {
    var name: String
    var file: Data
}

/// One to three bits turned over; in every second trial among the first `structure` bytes.
private func flipped(_ file: [UInt8], _ trial: Int, structure: Int) -> [UInt8] {
    var random = CounterRandom(seed: 43, epoch: file.count, sample: trial)
    var broken = file
    for _ in 0...trial % 3 {
        let range = trial % 2 == 0 ? min(structure, file.count) : file.count
        broken[Int(random.next() % UInt64(range))] ^= 1 << UInt8(random.next() % 8)
    }
    return broken
}
