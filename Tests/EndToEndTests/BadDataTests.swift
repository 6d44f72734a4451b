import Foundation
import Testing

/// What goes wrong with labels and pictures, done to `dr-train fit`: a message that says what and where, and no run.
@Suite(.serialized) struct BadDataTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// Spoils a good data set and returns further overrides.
        let spoil: @Sendable (SampleFolder) throws -> [String]
        /// What the message must hold.
        let says: [String]

        init(_ name: String, says: [String], spoil: @escaping @Sendable (SampleFolder) throws -> [String]) {
            self.testDescription = name
            self.says = says
            self.spoil = spoil
        }
    }

    static let cases = [
        Case("another column", says: ["labels.csv:1", "diagnosis", "nearest is 'diagnose'"]) {
            try $0.editLabels { $0[0] = $0[0].replacingOccurrences(of: "diagnosis", with: "diagnose") }
        },
        Case("labels outside their range", says: ["labels.csv:3:15: diagnosis: 7 is outside", "labels.csv:4:15: diagnosis: 'x'"])
        {
            try $0.editLabels { lines in
                lines[2] = SampleFolder.cells(lines[2], replacing: 1, with: "7")
                lines[3] = SampleFolder.cells(lines[3], replacing: 1, with: "x")
            }
        },
        Case("a missing picture", says: ["labels.csv:2", "no picture 'sample_0000_R'"]) {
            try $0.removePicture("sample_0000_R")
        },
        Case(
            "pictures that are cut short, empty, or no pictures",
            says: [
                "sample_0000_R.png: the file is cut short", "line 2 of the labels", "sample_0000_L.png: the file is empty",
                "sample_0001_L.jpg",
            ]
        ) { folder in
            let whole = try Data(contentsOf: folder.picture("sample_0000_R"))
            try whole.prefix(whole.count / 2).write(to: folder.picture("sample_0000_R"))
            try Data().write(to: folder.picture("sample_0000_L"))
            try Data("hello, clinic".utf8).write(to: folder.picture("sample_0001_L"))
            return []
        },
        Case("144 megapixels", says: ["sample_0000_R.png", "144 megapixels (12000 x 12000)", "limit is 64"]) { folder in
            var picture = try Data(contentsOf: folder.picture("sample_0000_R"))
            // IHDR's width and height, and its checksum.
            let size: [UInt8] = [0, 0, 0x2E, 0xE0, 0, 0, 0x2E, 0xE0]
            picture.replaceSubrange(16..<24, with: size)
            let sum = crc32(picture[12..<29])
            picture.replaceSubrange(29..<33, with: withUnsafeBytes(of: sum.bigEndian) { Data($0) })
            try picture.write(to: folder.picture("sample_0000_R"))
            return []
        },
        Case("one id twice", says: ["labels.csv:22", "id_code", "already on line 2"]) {
            try $0.editLabels { $0.append($0[1]) }
        },
        Case("a patient in two parts", says: ["labels.csv:3: split: patient 'P0000' is in 'val' here and in 'train' on line 2"]) {
            try $0.editLabels { lines in
                lines[0] += ",split"
                for index in 1..<lines.count { lines[index] += index % 2 == 1 ? ",train" : ",val" }
            }
        },
        Case("one picture with two grades, refused on request", says: ["one picture has different grades", "labels.csv:2"]) {
            folder in
            try folder.copyPictureToOneOfAnotherGrade()
            return ["data.duplicates=refuse"]
        },
        Case("no table", says: ["none.csv"]) { _ in ["data.csv=none.csv"] },
        Case("no folder of pictures", says: ["nowhere"]) { _ in ["data.images=nowhere"] },
        Case("a key that does not exist", says: ["training.epoch", "did you mean epochs"]) { _ in ["training.epoch=3"] },
        Case("a value of another type", says: ["training.epochs: must be a whole number"]) { _ in ["training.epochs=many"] },
        Case("weights that call functions", says: ["evil.pth", "posix.system", "nothing was executed"]) { folder in
            let program = Data([0x80, 2]) + Data("cposix\nsystem\nX\u{4}\0\0\0true".utf8) + Data([0x85, 0x52, 0x2E])
            try folder.writeArchive("evil.pth", ["archive/data.pkl": program, "archive/version": Data("3\n".utf8)])
            return ["model.weights=\(folder.url.path)/evil.pth"]
        },
        Case("no file of weights", says: ["none.pth", "No such file"]) { folder in ["model.weights=\(folder.url.path)/none.pth"]
        },
    ]

    @Test(arguments: cases) func isRefused(_ testCase: Case) throws {
        try SampleFolder.with { folder in
            let overrides = try testCase.spoil(folder)
            let run = folder.url.appendingPathComponent("run").path
            let fit = try Programs.run(
                "dr-train", ["fit", "--output", run] + Programs.smallRun(folder.url, epochs: 1) + overrides, in: folder.url)
            #expect(fit.status == 1)
            for text in testCase.says { #expect(fit.error.contains(text), "\(fit.error)") }
            #expect(!FileManager.default.fileExists(atPath: run))
        }
    }

    @Test func onePictureWithTwoGradesIsReported() throws {
        try SampleFolder.with { folder in
            try folder.copyPictureToOneOfAnotherGrade()
            let arguments = ["fit", "--dry-run", "--output", folder.url.path + "/run"] + Programs.smallRun(folder.url, epochs: 1)
            let fit = try Programs.run("dr-train", arguments, in: folder.url)
            #expect(fit.status == 0)
            #expect(fit.output.contains("warning: labels.csv:2: one picture has different grades"))
        }
    }

    @Test func aRunIsNotOverwritten() throws {
        try SampleFolder.with { folder in
            let run = folder.url.appendingPathComponent("run")
            try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: run.appendingPathComponent("notes.txt"))
            let fit = try Programs.run(
                "dr-train", ["fit", "--output", run.path] + Programs.smallRun(folder.url, epochs: 1), in: folder.url)
            #expect(fit.status == 1)
            #expect(fit.error.contains("not empty (notes.txt)"))
            #expect(try String(contentsOf: run.appendingPathComponent("notes.txt"), encoding: .utf8) == "mine")
        }
    }
}
