import Foundation
import Imaging
import Testing

struct SeriesCase: Decodable {
    var name: String
    var files: [Data]
    var select: String?
    var error: String?
    var padding: [Float]?
    var expected: StoredVolume?

    private enum CodingKeys: String, CodingKey { case name, files, select, error, padding }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.name = try values.decode(String.self, forKey: .name)
        self.files = try values.decode([Data].self, forKey: .files)
        self.select = try values.decodeIfPresent(String.self, forKey: .select)
        self.error = try values.decodeIfPresent(String.self, forKey: .error)
        self.padding = try values.decodeIfPresent([Float].self, forKey: .padding)
        self.expected = self.error == nil ? try StoredVolume(from: decoder) : nil
    }
}

@Suite struct DicomSeriesTests {
    @Test func everySeriesIsPydicomsVolumeOrRefusedByName() throws {
        let cases: [SeriesCase] = try Golden.read("series", in: "volumes")
        #expect(cases.count == 36 && cases.count { $0.error != nil } == 14)
        for testCase in cases {
            try withFolder { folder in
                try write(testCase.files, to: folder)
                func load() throws(ImagingError) -> Volume { try Volume.loadDicom(folder: folder.path, series: testCase.select) }
                guard let expected = testCase.expected else {
                    let error = failure { () throws(ImagingError) in _ = try load() }
                    #expect(error?.code.rawValue == testCase.error, "\(testCase.name): \(String(describing: error))")
                    return
                }
                let volume = try load()
                #expect(mismatch(volume, expected) == nil, "\(testCase.name)")
                #expect(volume.padding.map { [$0.lowerBound, $0.upperBound] } == testCase.padding, "\(testCase.name)")
            }
        }
    }

    @Test func refusalsSayWhereAndHowMuch() throws {
        let cases: [SeriesCase] = try Golden.read("series", in: "volumes")
        let words = [
            "two series": "2 series (of 4, 3 files)", "uneven": "from 2.5 to 3.2 mm",
            "one missing": "1 of the series' slices are missing, the first after slice 3 of 6",
            "three missing": "3 of the series' slices are missing, the first after slice 2 of 9",
            "twice the same place": "slices 2 and 3", "tilted gantry": "15 degrees", "one slice": "only 1 slice",
            "several frames": "4 frames", "no positions": "(0020,0032)", "colour": "RGB", "another size": "different sizes",
            "another spacing": "different pixel spacings", "a localizer among them": "different orientations",
            "a slice cut short": "cut short",
        ]
        for (name, text) in words {
            let testCase = try #require(cases.first { $0.name == name })
            try withFolder { folder in
                try write(testCase.files, to: folder)
                let error = failure { () throws(ImagingError) in _ = try Volume.loadDicom(folder: folder.path) }
                #expect(error?.message.contains(text) == true, "\(name): \(String(describing: error))")
                #expect(error?.subject.hasPrefix(folder.path) == true)
            }
        }
    }

    @Test func aFolderIsListedWithoutDecoding() throws {
        let cases: [SeriesCase] = try Golden.read("series", in: "volumes")
        let mixed = try #require(cases.first { $0.name == "two series" })
        try withFolder { folder in
            #expect(failure { () throws(ImagingError) in _ = try Volume.loadDicom(folder: folder.path) }?.code == .notAVolume)
            try write(mixed.files, to: folder)
            try Data("not a slice".utf8).write(to: folder.appending(path: "README.txt"))
            try FileManager.default.createDirectory(at: folder.appending(path: "inner"), withIntermediateDirectories: true)
            let series = try DicomSeries.list(folder: folder.path)
            #expect(series.map(\.count) == [4, 3] && series.allSatisfy { $0.modality == "CT" })
            #expect(try series[1].volume().size.depth == 3)
            let error = failure { () throws(ImagingError) in _ = try Volume.loadDicom(folder: folder.path, series: "1.2.3") }
            #expect(error?.code == .notAVolume)
            let limits = VolumeLimits(voxels: 6 * 4 * 3 - 1)
            #expect(failure { () throws(ImagingError) in _ = try series[1].volume(limits: limits) }?.code == .tooLarge)
            // A slice that nobody can read may belong to any series.
            try Data(mixed.files[0].prefix(600)).write(to: folder.appending(path: "9.dcm"))
            let broken = failure { () throws(ImagingError) in _ = try DicomSeries.list(folder: folder.path) }
            #expect(broken?.code == .truncated && broken?.subject.hasSuffix("9.dcm") == true, "\(String(describing: broken))")
        }
        let missing = failure { () throws(ImagingError) in _ = try DicomSeries.list(folder: "/nowhere/at/all") }
        #expect(missing?.code == .unreadable)
    }
}
