import Foundation
import Testing
import Trainer

@Suite struct DataLabelTableTests {
    @Test func plainTable() throws {
        let labels = try table("id_code,diagnosis\na,0\nb,4\nc,2\n")
        #expect(labels.rows.map(\.id) == ["a", "b", "c"])
        #expect(labels.rows.map(\.grade) == [0, 4, 2])
        #expect(labels.rows.map(\.line) == [2, 3, 4])
        #expect(labels.rows.map(\.patient) == ["a", "b", "c"])
        #expect(labels.gradeCounts == [1, 0, 1, 0, 1])
    }

    @Test func optionalColumnsQuotesMarksAndLineEnds() throws {
        let text =
            "\u{FEFF}site,diagnosis,id_code,patient_id,eye,split\r\n\"A, \"\"main\"\"\",1,x_L,x,L,train\r\n"
            + "\"two\r\nlines\",3,\"y_R\",y,R,validation\r\nC,0,z,,,"
        let labels = try table(text)
        #expect(labels.columns == ["site", "diagnosis", "id_code", "patient_id", "eye", "split"])
        #expect(labels.rows.map(\.id) == ["x_L", "y_R", "z"])
        #expect(labels.rows[0].cells[0] == "A, \"main\"")
        #expect(labels.rows[1].cells[0] == "two\r\nlines")
        #expect(labels.rows.map(\.part) == [.train, .validation, nil])
        #expect(labels.rows.map(\.patientID) == ["x", "y", nil])
        #expect(labels.rows.map(\.eye) == ["L", "R", nil])
        #expect(labels.rows.map(\.line) == [2, 3, 5])
    }

    @Test func missingColumnsNameTheNearest() throws {
        let error = try #require(failure { () throws(DataError) in try table("id-code,Diagnosis,age\na,1,50\n") })
        #expect(error.problems.map(\.code) == [.missingColumn, .missingColumn])
        #expect(error.problems.map(\.field) == ["id_code", "diagnosis"])
        #expect(error.problems[0].message.contains("'id-code'"))
        #expect(error.problems[1].message.contains("'Diagnosis'"))
    }

    @Test func everyProblemIsReportedWithItsPlace() throws {
        let text = "id_code,diagnosis,split\na,x,train\nb,5,train\n,1,train\n../c,1,\na/b,1,\n\nd,1\ne,1,holdout\nf,2,\nf,2,\n"
        let error = try #require(failure { () throws(DataError) in try table(text) })
        #expect(
            error.problems.map(\.code) == [
                .badLabel, .badLabel, .badIdentifier, .badIdentifier, .badIdentifier, .blankLine, .fieldCount, .badSplit,
                .duplicateIdentifier,
            ])
        #expect(error.problems.map(\.line) == [2, 3, 4, 5, 6, 7, 8, 9, 11])
        #expect(error.problems[0].column == 3)
        #expect(error.problems[0].field == "diagnosis")
        #expect(error.problems[0].description == "labels.csv:2:3: diagnosis: 'x' is not a whole number")
        #expect(error.problems[8].message.contains("line 10"))
        #expect(error.code == .badLabel)
        #expect(error.message.split(separator: "\n").count == 9)
    }

    @Test func atMostTwentyProblemsAreListed() throws {
        let rows = (0..<50).map { "p\($0),9\n" }.joined()
        let error = try #require(failure { () throws(DataError) in try table("id_code,diagnosis\n" + rows) })
        #expect(error.problems.count == 20)
        #expect(error.message.hasSuffix("and 30 more"))
    }

    @Test(arguments: [
        ("", DataError.Code.noRows), ("id_code,diagnosis\n", .noRows), ("id_code,diagnosis\n\n\n", .noRows),
        ("id_code,diagnosis\n\"a,1\n", .malformedCSV), ("id_code,diagnosis\n\"a\"b,1\n", .malformedCSV),
        ("id_code,diagnosis\na\0,1\n", .malformedCSV), ("PK\u{3}\u{4}", .malformedCSV),
        ("id_code,diagnosis,id_code\na,1,b\n", .duplicateColumn), ("id_code,diagnosis\na,1.0\n", .badLabel),
        ("id_code,diagnosis\na,-1\n", .badLabel), ("id_code,diagnosis\na,\n", .badLabel),
        ("id_code,diagnosis\na,99999999999999999999999\n", .badLabel), ("id_code,diagnosis\n.hidden,1\n", .badIdentifier),
        ("id_code,diagnosis\na\\b,1\n", .badIdentifier), ("id_code,diagnosis\n\"a\nb\",1\n", .badIdentifier),
        ("id_code,diagnosis,patient_id,split\na,1,p,train\nb,1,p,test\n", .patientInTwoSplits),
    ])
    func refused(_ text: String, _ code: DataError.Code) throws {
        let error = try #require(failure { () throws(DataError) in try table(text) })
        #expect(error.code == code)
    }

    @Test func wrongEncodingsAreRefused() throws {
        for bytes: [UInt8] in [[0xFF, 0xFE, 0x69, 0x00], Array("id_code,diagnosis\n".utf8) + [0xE4, 0x2C, 0x31]] {
            let error = failure { () throws(DataError) in try LabelTable(bytes: bytes, name: "x.csv", classes: 5) }
            #expect(try #require(error).code == .malformedCSV)
        }
    }

    @Test func damagedFilesAnswerWithAnError() throws {
        let text = "\u{FEFF}id_code,diagnosis,site\r\n\"a\"\"b\",1,\"x,\ny\"\r\nc,2,z\r\n"
        let whole = Array(text.utf8)
        var answered = 0
        for length in 0...whole.count {
            for flip in 0..<8 {
                var bytes = Array(whole.prefix(length))
                if length > 0 { bytes[(length * 7 + flip) % length] ^= UInt8(1 << flip) }
                do throws(DataError) {
                    answered += try LabelTable(bytes: bytes, name: "x.csv", classes: 5).rows.isEmpty ? 0 : 1
                } catch {
                    answered += error.problems.isEmpty ? 0 : 1
                }
            }
        }
        #expect(answered == 8 * (whole.count + 1))
    }

    @Test func tablesMustNotSharePatients() throws {
        let train = try table("id_code,diagnosis,patient_id\na,1,p\nb,1,q\n", name: "train.csv")
        let test = try table("id_code,diagnosis,patient_id\nc,1,r\nd,1,q\n", name: "test.csv")
        let same = try table("id_code,diagnosis,patient_id\na,1,s\n", name: "same.csv")
        let error = try #require(failure { () throws(DataError) in try LabelTable.checkApart([train, test]) })
        #expect(error.code == .patientInTwoSplits)
        #expect(error.problems[0].description == "test.csv:3: patient 'q' is also on line 3 of train.csv")
        #expect(try #require(failure { () throws(DataError) in try LabelTable.checkApart([train, same]) }).code == .leakage)
        let apart = try table("id_code,diagnosis,patient_id\nz,1,z\n")
        try LabelTable.checkApart([train, apart])
    }

    @Test func aSavedSplitReadsBack() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let labels = try table("id_code,diagnosis,note\na,1,\"x, \"\"y\"\"\"\nb,2,\"two\nlines\"\nc,0,\n")
        let file = folder.url.appendingPathComponent("split.csv")
        try labels.save(parts: [.train, .validation, .test], to: file)
        try labels.save(parts: [.train, .test, .validation], to: file)
        let again = try LabelTable(file: file, classes: 5)
        #expect(again.columns == ["id_code", "diagnosis", "note", "split"])
        #expect(again.rows.map(\.part) == [.train, .test, .validation])
        #expect(again.rows.map { $0.cells[2] } == labels.rows.map { $0.cells[2] })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["split.csv"])
        #expect(again.csv(parts: [.test, .test, .test]).contains("a,1,\"x, \"\"y\"\"\",test\n"))
    }

    @Test func unreadableFiles() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for file in [folder.url, folder.url.appendingPathComponent("absent.csv")] {
            let error = failure { () throws(DataError) in try LabelTable(file: file, classes: 5) }
            #expect(try #require(error).code == .unreadable)
        }
        let labels = try table("id_code,diagnosis\na,1\n")
        let nowhere = folder.url.appendingPathComponent("absent/split.csv")
        let error = failure { () throws(DataError) in try labels.save(parts: [.train], to: nowhere) }
        #expect(try #require(error).code == .notWritten)
    }
}
