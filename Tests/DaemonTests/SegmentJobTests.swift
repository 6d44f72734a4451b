import Daemon
import Foundation
import Imaging
import Testing

/// `dr segment` against a stub, whose masks are functions of the picture's bytes.
@Suite struct SegmentJobTests {
    private typealias Format = ResultFormat<SegmentationFinding>

    /// Where both classes' masks say something else for every picture.
    private static func mask(_ bytes: [UInt8], _ index: Int) -> Data {
        Data([0x89, 0x50, UInt8(index)] + bytes.suffix(40))
    }

    private static func answer(_ request: Request, _ model: StubModel) -> Answer {
        if request.target == "/v2/models" { return model.list }
        if request.body.starts(with: Array("text".utf8)) {
            return model.json(#"{"error":"image: not an image"}"#, status: 400, code: "unsupported_format")
        }
        if request.body.starts(with: Array("other".utf8)) {
            return model.json(#"{"error":"model stub: is for screening"}"#, status: 400, code: "wrong_task")
        }
        let classes = model.classNames.enumerated().map { index, name in
            #"{"name":"\#(name)","area":\#(index * 7),"fraction":\#(Double(index) / 8),"mask":"\#(mask(request.body, index).base64EncodedString())"}"#
        }
        let overlay = request.target.hasSuffix("overlay=true") ? #""overlay":"T1ZFUg==","# : ""
        return model.json(
            #"{"width":10,"height":20,"threshold":0.4,"views":1,"classes":[\#(classes.joined(separator: ","))],\#(overlay)\#(model.origin)}"#
        )
    }

    private struct Place {
        let directory = try! TemporaryDirectory()
        var folder: String { self.directory.path + "/in" }
        var output: String { self.directory.path + "/a/out" }

        func write(_ name: String, _ bytes: [UInt8]) throws {
            let file = URL(fileURLWithPath: "\(self.folder)/\(name)")
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }

        func read(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(self.output)/\(name)")) }

        /// All files below the output.
        var files: [String] {
            ((try? FileManager.default.subpathsOfDirectory(atPath: self.output)) ?? [])
                .filter { !FileManager.default.fileExists(atPath: "\(self.output)/\($0)/.") }.sorted()
        }
    }

    private func place() throws -> Place {
        let place = Place()
        for (index, name) in ["b.jpg", "a.PNG", "sub/deep/c.png", "sub/d.jpeg"].enumerated() {
            try place.write(name, testPicture(index).encodedPNG())
        }
        // DICOM by its extension, and by its first bytes alone.
        try place.write("e.dcm", [1, 2, 3])
        try place.write("IM0001", [UInt8](repeating: 0, count: 128) + Array("DICM".utf8) + [9])
        try place.write("README", Array("DICM".utf8))
        try place.write("DICOMDIR", [UInt8](repeating: 0, count: 128) + Array("DICM".utf8))
        try place.write("notes.txt", [1])
        try place.write(".hidden.png", [1])
        return place
    }

    @Test func masksLieAsThePicturesDo() async throws {
        let place = try place()
        let model = StubModel()
        let stub = try await StubDaemon(in: place.directory) { Self.answer($0, model) }
        try place.write("bad.png", Array("text".utf8))
        try place.write("sub/gone.png", [])
        try FileManager.default.removeItem(atPath: place.folder + "/sub/gone.png")
        try FileManager.default.createSymbolicLink(
            atPath: place.folder + "/sub/gone.png", withDestinationPath: place.folder + "/nowhere")
        var options = FolderOptions(folder: place.folder, socket: stub.socket, output: place.output)
        options.jobs = 3
        let outcome = try await SegmentJob(options, overlay: true).run()
        #expect(outcome.exitCode == 2)
        let pictures = ["IM0001", "a.PNG", "b.jpg", "bad.png", "e.dcm", "sub/d.jpeg", "sub/deep/c.png", "sub/gone.png"]
        #expect(outcome.pictures == pictures.count && outcome.missing == 0)
        let bad: Set = ["bad.png", "sub/gone.png"]
        #expect(outcome.rows.map(\.file) == pictures.flatMap { bad.contains($0) ? [$0] : [$0, $0] })
        #expect(outcome.rows.compactMap(\.failure).map(\.code) == ["unsupported_format", "file"])
        var expected: Set = ["results.csv"]
        for picture in pictures where !bad.contains(picture) {
            let stem = picture.contains(".") ? String(picture.prefix { $0 != "." }) : picture
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/\(picture)")))
            for (index, name) in model.classNames.enumerated() {
                #expect(try place.read("\(stem).\(name).png") == Self.mask(bytes, index))
                let row = try #require(outcome.rows.first { $0.file == picture && $0.found?.name == name }?.found)
                #expect(row.area == index * 7 && row.share == Double(index) / 8 && row.threshold == 0.4)
                #expect(row.mask == "\(stem).\(name).png")
                expected.insert(row.mask)
            }
            #expect(try place.read("\(stem).overlay.png") == Data("OVER".utf8))
            expected.insert("\(stem).overlay.png")
        }
        #expect(Set(place.files) == expected)
        #expect(try Format.csv(classes: 2).rows([UInt8](place.read("results.csv")), path: "").rows == outcome.rows)
        let header = try String(decoding: place.read("results.csv"), as: UTF8.self).prefix { $0 != "\n" }
        #expect(header.hasPrefix("file,status,class,area,share,threshold,mask,error_code,error_message,"))
        await stub.stop()
    }

    @Test func oneClassNeedsNoName() async throws {
        let place = Place()
        try place.write("a.b.png", [1])
        var model = StubModel()
        model.classNames = ["vessel"]
        let stub = try await StubDaemon(in: place.directory) { [model] in Self.answer($0, model) }
        let outcome = try await SegmentJob(FolderOptions(folder: place.folder, socket: stub.socket, output: place.output)).run()
        #expect(outcome.exitCode == 0 && place.files == ["a.b.png", "results.csv"])
        await stub.stop()
    }

    /// Cut wherever a crash may cut it, with masks that are missing or outdated, the next run ends with the same files.
    @Test func resuming() async throws {
        let place = try place()
        let stub = try await StubDaemon(in: place.directory) { Self.answer($0, StubModel()) }
        let options = FolderOptions(folder: place.folder, socket: stub.socket, output: place.output)
        let first = try await SegmentJob(options).run()
        #expect(first.exitCode == 0 && first.resumed == 0 && first.pictures == 6)
        let table = try place.read("results.csv")
        let masks = try Dictionary(uniqueKeysWithValues: place.files.map { ($0, try place.read($0)) })
        let whole = place.files
        #expect(try await SegmentJob(options).run().resumed == 6)
        #expect(try place.read("results.csv") == table)

        for cut in [10, table.count / 3, table.count / 2, table.count - 1] {
            try table.prefix(cut).write(to: URL(fileURLWithPath: place.output + "/results.csv"))
            let mended = try await SegmentJob(options).run()
            #expect(mended.exitCode == 0 && mended.rows.count == 12 && mended.resumed < 6)
            #expect(place.files == whole)
            let rows = try Format.csv(classes: 2).rows([UInt8](place.read("results.csv")), path: "").rows
            #expect(rows.count == 12 && Set(rows.map { "\($0.file) \($0.found?.name ?? "")" }).count == 12)
        }
        // A mask that is gone, and an empty one, are made again.
        try FileManager.default.removeItem(atPath: place.output + "/sub/deep/c.disc.png")
        try Data().write(to: URL(fileURLWithPath: place.output + "/a.vessel.png"))
        #expect(try await SegmentJob(options).run().resumed == 4)
        for name in whole where name != "results.csv" { #expect(try place.read(name) == masks[name]) }
        // A picture that changed gets other masks; one that fails now has none left.
        try place.write("b.jpg", [7, 7, 7])
        try place.write("sub/d.jpeg", Array("text".utf8))
        let changed = try await SegmentJob(options).run()
        #expect(changed.exitCode == 2 && changed.resumed == 4)
        #expect(try place.read("b.vessel.png") == Self.mask([7, 7, 7], 0))
        #expect(place.files == whole.filter { !$0.hasPrefix("sub/d.") })
        await stub.stop()
    }

    private func failure(_ options: FolderOptions) async -> DaemonError? {
        await #expect(throws: DaemonError.self) { try await SegmentJob(options).run() }
    }

    @Test func nothingIsOverwrittenThatIsNotOurs() async throws {
        let place = try place()
        let stub = try await StubDaemon(in: place.directory) { Self.answer($0, StubModel()) }
        // The pictures' own folder, and one above it.
        for output in [place.folder, place.directory.path, place.folder + "/../in"] {
            let error = await failure(FolderOptions(folder: place.folder, socket: stub.socket, output: output))
            #expect(error?.message.contains("holds the pictures") == true)
        }
        // Masks that somebody else made.
        let options = FolderOptions(folder: place.folder, socket: stub.socket, output: place.output)
        try FileManager.default.createDirectory(atPath: place.output, withIntermediateDirectories: true)
        try Data("truth".utf8).write(to: URL(fileURLWithPath: place.output + "/a.vessel.png"))
        #expect(await failure(options)?.message.contains("no run of dr segment made") == true)
        #expect(try place.read("a.vessel.png") == Data("truth".utf8) && place.files.count == 1)
        // Two pictures of one name.
        try place.write("b.png", [1])
        #expect(await failure(options)?.message.contains("b.jpg and b.png would both have the mask b.") == true)
        try FileManager.default.removeItem(atPath: place.folder + "/b.png")
        // Below the pictures' folder, the output is not taken for pictures.
        let inside = FolderOptions(folder: place.folder, socket: stub.socket, output: place.folder + "/sub/masks")
        #expect(try await SegmentJob(inside).run().pictures == 6)
        #expect(try await SegmentJob(inside).run().resumed == 6)
        await stub.stop()
    }

    @Test func whatStopsTheRun() async throws {
        let place = Place()
        try place.write("a.png", Array("other".utf8))
        try place.write("b.png", [1])
        let stub = try await StubDaemon(in: place.directory) { Self.answer($0, StubModel()) }
        var options = FolderOptions(folder: place.folder, socket: stub.socket, output: place.output)
        options.jobs = 1
        let outcome = try await SegmentJob(options).run()
        #expect(outcome.exitCode == 3 && outcome.missing == 2)
        #expect(outcome.stopped?.message.contains("is for screening") == true)
        #expect(stub.targets.filter { $0.contains("segment") } == ["/v2/models/stub/versions/1/segment"])
        await stub.stop()
        // Another model answers than was asked about.
        try place.write("a.png", [1])
        let other = try await StubDaemon(in: place.directory) { request in
            var model = StubModel()
            if request.target != "/v2/models" { model.sha256 = String(repeating: "cd", count: 32) }
            return Self.answer(request, model)
        }
        options.socket = other.socket
        #expect(try await SegmentJob(options).run().stopped?.message.contains("was replaced") == true)
        #expect(place.files == ["results.csv"])
        await other.stop()
        // A disk that cannot be written ends the run as well.
        let good = try await StubDaemon(in: place.directory) { Self.answer($0, StubModel()) }
        options.socket = good.socket
        try FileManager.default.createDirectory(atPath: place.output + "/.a.disc.png.part", withIntermediateDirectories: true)
        let stopped = try await SegmentJob(options).run()
        #expect(stopped.stopped?.code == .file && stopped.exitCode == 3)
        await good.stop()
    }
}
