import Foundation
import Imaging
import Testing

@Suite struct MalformedTests {
    /// Files on which we and Pillow disagree, with our error; none where we decode and Pillow does not.
    ///
    /// Pillow shows a picture whose entropy-coded data are damaged or end early, filled up with grey; we refuse it, since a
    /// grade for half a retina is worse than none. Its newer libjpeg-turbo reads lossless JPEG. It also checks text chunks of
    /// PNG files (`unknown_compression_method.png`), which we skip.
    static let disagreements: [String: ImagingError.Code?] = [
        "unknown_compression_method.png": ImagingError.Code?.none,
        "jpeg__id_002533_src_001724_op_int16_pos_165_val_+32.jpg": .truncated,
        "jpeg__id_000324_src_000000_op_arith16_pos_227_val_be_-16.jpg": .corrupt,
        "jpeg__id_002721_src_002008_op_int16_pos_163_val_+32.jpg": .corrupt,
        "jpeg__id_005472_sync_jpeg_turbo_src_004192.jpg": .corrupt,
        "jpeg__id_005505_sync_jpeg_turbo_src_004182.jpg": .corrupt,
        "jpeg__id_001694_src_000677_op_arith8_pos_172_val_+3.jpg": .corrupt,
        "jpeg__id_005305_src_000097+003239_op_splice_rep_16.jpg": .truncated,
        "jpeg__id_002877_src_002452_op_flip2_pos_166.jpg": .truncated,
        "jpeg__id_003125_src_003054_op_flip2_pos_164.jpg": .truncated,
        "jpeg__id_002894_src_002483_op_flip2_pos_172.jpg": .corrupt,
        "jpeg__id_002022_src_001062_op_flip1_pos_164.jpg": .truncated,
        "jpeg__id_005205_src_005093_op_havoc_rep_2.jpg": .corrupt,
        "jpeg__id_003122_src_003047_op_arith8_pos_287_val_+11.jpg": .truncated,
        "jpeg_turbo__id_004246_src_004237_op_int8_pos_108_val_+1.jpg": .corrupt,
        "jpeg_turbo__id_001150_sync_jpeg9_src_001881.jpg": .truncated,
        "jpeg_turbo__id_003475_sync_jpeg9_src_004752.jpg": .corrupt,
        "jpeg_turbo__id_001102_sync_jpeg9_src_002547.jpg": .corrupt,
        "jpeg_turbo__id_001143_sync_jpeg9_src_002930.jpg": .truncated,
        "jpeg_turbo__id_001334_sync_jpeg9_src_001103.jpg": .truncated,
        "jpeg_turbo__id_000297_src_000000_op_arith8_pos_224_val_-17.jpg": .corrupt,
        "bug__github_305_CVE-2018-19664__49065782-f0ebfd00-f216-11e8-9e9b-a86f3d5ea58a.jpg": .corrupt,
        "bug__mozilla_1050342__jpeg-image-000.jpg": .corrupt,
        "bug__mozilla_891693_CVE-2013-6629_CVE-2013-6630__turbo-dht.jpg": .corrupt,
        "lossless__random8_94x97_lossless_psv2_pt7.jpg": .unsupportedFormat,
    ]

    @Test func everyMalformedFileDecodesOrIsRefused() throws {
        guard let folder = Golden.sharedFolder("malformed_images") else { return }
        let manifest = try String(contentsOf: folder.appending(path: "manifest.csv"), encoding: .utf8)
        var seen = 0
        for line in manifest.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let path = folder.appending(path: "\(fields[0])/\(fields[1])").path
            guard FileManager.default.fileExists(atPath: path) else { continue }
            seen += 1
            let error = failure { () throws(ImagingError) in _ = try Image.load(path: path) }
            let isCodec = fields[3].hasPrefix("PNG ") || fields[3].hasPrefix("JPEG ")
            let pillowOpens = isCodec && fields[4] == "ok"
            if let code = Self.disagreements[fields[1]] {
                #expect(error?.code == code, "\(fields[1])")
                #expect((error == nil) != pillowOpens, "\(fields[1]) agrees now; take it off the list")
            } else {
                #expect((error == nil) == pillowOpens, "\(fields[1]): ours \(String(describing: error)), Pillow \(fields[4])")
            }
        }
        #expect(seen == 428)
    }

    /// No prefix of a file is taken for the whole picture.
    @Test func everyTruncationIsRefused() throws {
        for (name, file) in try validFiles() {
            let lengths = Set(stride(from: 0, to: file.count, by: 64)).union(file.count - 20..<file.count)
            for length in lengths.sorted() {
                let error = failure { () throws(ImagingError) in _ = try Image.decode(Array(file.prefix(length))) }
                let codes: Set<ImagingError.Code> = length == 0 ? [.empty] : [.truncated, .corrupt]
                #expect(error.map { codes.contains($0.code) } ?? false, "\(name) cut to \(length): \(String(describing: error))")
            }
        }
    }

    @Test func bitFlipsGiveAPictureOrAnError() throws {
        let limits = DecodingLimits(pixels: 1_000_000, workingMemory: 16 << 20)
        var (decoded, refused) = (0, 0)
        for (name, file) in try validFiles() {
            var random = CounterRandom(seed: 41, epoch: 0, sample: file.count)
            for trial in 0..<400 {
                var broken = file
                for _ in 0...trial % 3 {
                    // Half of the flips hit the first 200 bytes, where the structure is.
                    let range = trial % 2 == 0 ? min(200, file.count) : file.count
                    broken[Int(random.next() % UInt64(range))] ^= 1 << UInt8(random.next() % 8)
                }
                do throws(ImagingError) {
                    let image = try Image.decode(broken, limits: limits)
                    #expect(image.pixels.count == image.width * image.height * 3, "\(name)")
                    decoded += 1
                } catch {
                    #expect(error.code != .empty && error.code != .memory, "\(name): \(error)")
                    refused += 1
                }
            }
        }
        #expect(decoded > 0 && refused > 0)
    }

    private func validFiles() throws -> [(String, [UInt8])] {
        let wanted = [
            "png rgb", "png interlaced", "png palette with transparency", "png orientation 6", "jpeg 420", "jpeg progressive",
            "jpeg cmyk adobe", "jpeg orientation 5",
        ]
        let cases: [DecodeCase] = try Golden.read("decode")
        let files = cases.filter { wanted.contains($0.name) }.map { ($0.name, Array($0.file)) }
        #expect(files.count == wanted.count)
        return files + [("large jpeg", try sample(200, 120).encodedJPEG(quality: 60))]
    }
}
