import Daemon
import Testing

private typealias ScreeningFormat = ResultFormat<ScreeningFinding>

@Suite struct ResultFormatTests {
    private func row(_ file: String, error: String? = nil) -> ScreeningFormat.Row {
        let model = ModelSummary(name: "m", version: 2, sha256: "ab")
        let found = ScreeningFinding(
            grade: 1, gradeName: "mild", probabilities: [0.1, 0.7, 1e-17], referableProbability: 0.3, referable: false)
        return ResultRow(
            file: file, error.map { .failure(PictureFailure(code: "truncated", message: $0)) } ?? .success(found), model: model,
            fileSHA256: "cd", milliseconds: 1.5, time: "2026-01-01T00:00:00Z")
    }

    private var rows: [ScreeningFormat.Row] {
        [
            row("a.png"), row("=cmd|'/c calc'!A0.png"), row("-1,\"x\".jpg", error: "@ends, \"early\""), row("line\nbreak.png"),
            row("'q.png"),
        ]
    }

    @Test(arguments: [ScreeningFormat.csv(classes: 3), .jsonLines])
    private func roundTrip(_ format: ScreeningFormat) throws {
        let text = format.header + rows.map { format.line($0) }.joined()
        let read = try format.rows(Array(text.utf8), path: "out")
        #expect(read.rows == rows)
        #expect(read.length == text.utf8.count)
    }

    /// Wherever a crash cuts the file, what is read are the first rows, and the length ends after the last of them.
    @Test(arguments: [ScreeningFormat.csv(classes: 3), .jsonLines])
    private func tornFiles(_ format: ScreeningFormat) throws {
        let lines = [format.header] + rows.map { format.line($0) }
        let bytes = Array(lines.joined().utf8)
        for end in 0...bytes.count {
            let read = try format.rows(Array(bytes[..<end]), path: "out")
            #expect(read.rows == Array(rows.prefix(read.rows.count)))
            let whole = lines.prefix(read.rows.count + 1).joined().utf8.count
            #expect(read.length == (end < format.header.utf8.count ? 0 : whole))
        }
    }

    @Test func cellsAreNoFormulas() {
        let line = ScreeningFormat.csv(classes: 3).line(row("=1+1.png"))
        #expect(line.hasPrefix("'=1+1.png,ok,1,mild,0.1,0.7,1e-17,0.3,false,,,m,2,ab,cd,1.5,"))
        for text in ["=a", "+a", "-a", "@a", "\ta", "\ra", "'a"] {
            #expect(CSV.protected(text) == "'" + text)
            #expect(CSV.unprotected(CSV.protected(text)) == text)
        }
        #expect(CSV.protected("a=b") == "a=b")
    }

    @Test func foreignFilesAreRefused() {
        #expect(throws: DaemonError.self) { try ScreeningFormat.csv(classes: 3).rows(Array("a,b\n1,2\n".utf8), path: "out") }
        #expect(throws: DaemonError.self) { try ScreeningFormat.jsonLines.rows(Array("{}\n".utf8), path: "out") }
        let header = ScreeningFormat.csv(classes: 3).header
        #expect(throws: DaemonError.self) { try ScreeningFormat.csv(classes: 3).rows(Array("\(header)a,b\n".utf8), path: "out") }
    }

    @Test func formatsByName() {
        #expect(ScreeningFormat(path: "a/b.CSV", classes: 5) == .csv(classes: 5))
        #expect(ScreeningFormat(path: "b.jsonl", classes: 5) == .jsonLines)
        #expect(ScreeningFormat(path: "b.txt", classes: 5) == nil)
    }
}
