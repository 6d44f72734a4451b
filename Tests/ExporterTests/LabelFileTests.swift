import Exporter
import Testing

/// Label tables as the exporter reads them.
struct LabelFileTests {
    @Test func quotesLineEndsAndFurtherColumns() throws {
        let text = "\u{FEFF}id_code,note,diagnosis,patient_id\r\n\"a,1\",\"two\nlines \"\"q\"\"\",3,\r\n\nb,,0,p7"
        let table = try LabelFile(text: text, name: "t.csv")
        #expect(table.rows.map(\.id) == ["a,1", "b"])
        #expect(table.rows.map(\.label) == [3, 0])
        #expect(table.rows.map(\.patient) == [nil, "p7"])
        #expect(table.rows.map(\.line) == [2, 5])
    }

    @Test(arguments: [
        ("", "t.csv"), ("id,diagnosis\na,1\n", "t.csv, line 1"), ("id_code,diagnosis\n", "t.csv"),
        ("id_code,diagnosis\na,1\nb\n", "t.csv, line 3"), ("id_code,diagnosis\na,x\n", "t.csv, line 2, diagnosis"),
        ("id_code,diagnosis\na,-1\n", "t.csv, line 2, diagnosis"),
    ]) func mistakesAreNamedByLine(_ text: String, _ subject: String) {
        let error = exportError { _ = try LabelFile(text: text, name: "t.csv") }
        #expect(error?.code == .data)
        #expect(error?.subject == subject)
    }
}
