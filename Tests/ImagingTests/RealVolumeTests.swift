import Foundation
import Imaging
import Testing

/// Every series, NIfTI file and DICOM file of the shared data against what pydicom, nibabel and numpy found there.
@Suite struct RealVolumeTests {
    /// The digests below are computed here; these are the standard's own examples.
    @Test func digestsAreSHA256() {
        #expect(sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(sha256(Array(long.utf8)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }

    @Test func everyRealVolumeIsExactOrRefusedByName() throws {
        var seen = 0
        for (path, source, row) in try present("volumes") {
            seen += 1
            func load() throws(ImagingError) -> Volume {
                row["kind"] == "dicom" ? try Volume.loadDicom(folder: source.path) : try Volume.loadNifti(path: source.path)
            }
            if let code = row["error"], !code.isEmpty {
                let error = failure { () throws(ImagingError) in _ = try load() }
                #expect(error?.code.rawValue == code, "\(path): \(String(describing: error))")
                continue
            }
            let volume = try load()
            let (type, bytes) = stored(volume.voxels)
            let size = volume.size
            let shape = ["depth", "height", "width"].map { row[$0].flatMap(Int.init) }
            #expect([size.depth, size.height, size.width] == shape, "\(path)")
            #expect(type == row["type"] && sha256(bytes) == row["sha256"], "\(path)")
            for (index, axis) in ["depth", "height", "width"].enumerated() {
                let expected = try #require(row["spacing_\(axis)"].flatMap(Double.init))
                #expect(abs(volume.spacing[index] - expected) <= 1e-3, "\(path) \(axis)")
            }
            let floats = volume.floats
            #expect(try Double(#require(floats.min())) == row["minimum"].flatMap(Double.init), "\(path)")
            #expect(try Double(#require(floats.max())) == row["maximum"].flatMap(Double.init), "\(path)")
        }
        if Golden.sharedFolder("ct_totalseg") != nil { #expect(seen == 13) }
    }

    /// Files that pydicom reads and we refuse, with our code.
    static let refusals: [String: ImagingError.Code] = [
        // Floating-point pixels.
        "dicom_zoo/pydicom-data/parametric_map_float.dcm": .unsupportedFormat
    ]

    @Test func everyRealFrameIsExactOrRefused() throws {
        var (exact, refused) = (0, 0)
        for (path, source, row) in try present("frames") {
            let bytes = try [UInt8](Data(contentsOf: source))
            var decoded: [UInt8] = []
            let error = failure { () throws(ImagingError) in
                let file = try DicomFile(bytes, subject: path)
                let pixels = try file.pixels()
                for index in 0..<pixels.frames { decoded += try file.frame(index, of: pixels).bytes }
            }
            // Showing it as a picture must not trap either.
            _ = failure { () throws(ImagingError) in _ = try Image.decodeDicom(bytes, frame: 0) }
            let isReadable = row["error"]?.isEmpty ?? true
            if let code = Self.refusals[path] {
                #expect(isReadable && error?.code == code, "\(path): \(String(describing: error))")
                refused += 1
            } else if isReadable {
                #expect(error == nil && sha256(decoded) == row["sha256"], "\(path): \(String(describing: error))")
                exact += 1
            } else {
                let error = try #require(error, "\(path) is refused by pydicom: \(row["error"] ?? "")")
                #expect(error.code != .memory && !error.message.isEmpty, "\(path)")
                refused += 1
            }
        }
        if exact > 0 { #expect(exact == 87 && refused == 34, "\(exact) exact, \(refused) refused") }
    }

    @Test func truncatedCodestreamsAreRefusedByName() throws {
        guard let folder = Golden.sharedFolder("ct_phantom_fda/truncated_j2k_originals") else { return }
        for name in ["000200.dcm", "000400.dcm"] {
            let path = folder.appending(path: name).path
            let error = failure { () throws(ImagingError) in _ = try Image.load(path: path) }
            #expect(error?.code == .corrupt && error?.message.contains("JPEG 2000") == true, "\(String(describing: error))")
        }
    }

    @Test func theTiltedHeadIsRefusedWithItsAngle() throws {
        guard let folder = Golden.sharedFolder("ct_ge_head_tilt/dicom") else { return }
        let error = failure { () throws(ImagingError) in _ = try Volume.loadDicom(folder: folder.path) }
        #expect(error?.code == .gantryTilt, "\(String(describing: error))")
        #expect(error?.message.contains("tilted by 18.5 degrees") == true, "\(String(describing: error))")
    }

    @Test func singleSlicesOfManyPatientsAreNoVolume() throws {
        guard let folder = Golden.sharedFolder("ct_nysbu_slices/dicom") else { return }
        let series = try DicomSeries.list(folder: folder.path)
        #expect(series.count == 12)
        for one in series {
            #expect(failure { () throws(ImagingError) in _ = try one.volume() }?.code == .notAVolume)
        }
    }

    @Test func aRealSeriesBecomesAnEightBitVolume() throws {
        let golden: PreparedCase = try Golden.read("prepared", in: "volumes")
        guard let set = Golden.sharedFolder("ct_phantom_fda") else { return }
        let folder = set.deletingLastPathComponent().appending(path: golden.path)
        let size = VolumeSize(depth: golden.size[0], height: golden.size[1], width: golden.size[2])
        let window = try VolumeWindow(low: golden.low, high: golden.high)
        #expect(window == .lung && size.count == 300 * 270 * 270)
        let volume = try Volume.loadDicom(folder: folder.path).prepared(size: size, window: window)
        #expect(volume.size == size)
        #expect(abs(volume.geometry.spacing.x - 42 * 7.2 / 300) < 1e-3 && abs(volume.geometry.spacing.y - 400.0 / 270) < 1e-3)
        let actual = stride(from: 0, to: volume.voxels.count, by: golden.step).map { Int(volume.voxels[$0]) }
        let differences = zip(actual, golden.voxels).map { abs($0 - Int($1)) }
        #expect(actual.count == golden.voxels.count && Set(actual).count > 100)
        // Float32 sums in another order may round a value on the edge of a grey level differently.
        #expect(differences.allSatisfy { $0 <= 1 } && differences.count { $0 == 1 } <= actual.count / 500)
    }
}

struct PreparedCase: Decodable {
    var path: String
    var size: [Int]
    var low: Double
    var high: Double
    /// Every `step`-th voxel is kept.
    var step: Int
    var voxels: Data
}

/// The rows of a table whose data set is on this machine, with the path in it.
private func present(_ table: String) throws -> [(path: String, source: URL, row: [String: String])] {
    let rows = try Golden.table(table, in: "volumes")
    let sets = Set(rows.compactMap { $0["path"]?.split(separator: "/").first.map(String.init) })
    let folders = sets.sorted().reduce(into: [:]) { $0[$1] = Golden.sharedFolder($1) }
    return rows.compactMap { row in
        guard let path = row["path"], let set = path.split(separator: "/").first.map(String.init), let folder = folders[set]
        else { return nil }
        return (path, folder.appending(path: path.dropFirst(set.count + 1)), row)
    }
}
