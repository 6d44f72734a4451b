import Daemon
import Foundation
import Imaging
import Pipelines
import Testing

/// `dr query` against a stub.
@Suite struct QueryTests {
    /// Three neighbours, of which one has a name that would be markup.
    private static func answer(_ request: Request) -> Answer {
        let retrieval = StubRetrieval()
        if request.body.starts(with: Array("lost".utf8)) {
            return retrieval.model.json(#"{"error":"index of model stub: there is none"}"#, status: 404, code: "no_index")
        }
        guard request.target.contains("/query"), !request.body.starts(with: Array("text".utf8)),
            !request.body.starts(with: Array("other".utf8))
        else { return retrieval.answer(request) }
        return retrieval.model.json(
            #"""
            {"k":5,"entries":3,"self_match":"kept","tie_rule":"older first","views":1,"note":"5 neighbours were asked for, the index has 3 entries",
            "neighbours":[{"rank":1,"id":"sub/b","patient":"p<1>","labels":["mild","severe"],"distance":0.25,"cosine":0.96875},
            {"rank":2,"id":"<script>alert('x')</script>&\"","labels":[],"distance":1,"cosine":0.5},
            {"rank":3,"id":"gone","patient":null,"labels":["none"],"distance":1.41421356,"cosine":-0.0000001}],
            "votes":{"none":0.25,"mild":0.75,"severe":0.25},\#(retrieval.model.origin)}
            """#)
    }

    private struct Place {
        let directory: TemporaryDirectory
        let stub: StubDaemon
        var folder: String { self.directory.path + "/pictures" }
        var output: String { self.directory.path + "/out" }
        var text: String { get throws { try String(contentsOfFile: self.output, encoding: .utf8) } }

        init() async throws {
            let directory = try TemporaryDirectory()
            self.directory = directory
            self.stub = try await StubDaemon(in: directory) { QueryTests.answer($0) }
            try FileManager.default.createDirectory(atPath: self.folder + "/sub", withIntermediateDirectories: true)
            try Data(testPicture(1, width: 640, height: 400).encodedPNG()).write(
                to: URL(fileURLWithPath: self.folder + "/sub/b.png"))
            try Data(testPicture(2).encodedPNG()).write(to: URL(fileURLWithPath: self.folder + "/a b&c.png"))
            try Data("text".utf8).write(to: URL(fileURLWithPath: self.folder + "/bad.png"))
            try Data("other".utf8).write(to: URL(fileURLWithPath: self.folder + "/other.png"))
        }

        func options(_ names: String..., format: QueryFormat = .table) -> QueryOptions {
            var options = QueryOptions(pictures: names.map { "\(self.folder)/\($0)" }, socket: self.stub.socket)
            options.format = format
            options.output = self.output
            options.count = 5
            return options
        }
    }

    @Test func aTable() async throws {
        let place = try await Place()
        #expect(await runQuery(place.options("sub/b.png", "bad.png")) == 2)
        let lines = try place.text.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines[1] == "RANK ID PATIENT LABELS DISTANCE COSINE")
        #expect(lines[2] == "1 sub/b p<1> mild, severe 0.2500 0.9688")
        #expect(lines[4] == "3 gone none 1.4142 0.0000")
        #expect(lines[5...8] == ["k 5", "entries 3", "self match kept", "ties older first"])
        #expect(lines[10] == "note 5 neighbours were asked for, the index has 3 entries")
        #expect(lines[11...] == ["vote mild 0.750", "vote none 0.250", "vote severe 0.250"])
        await place.stub.stop()
    }

    @Test func jsonIsTheDaemons() async throws {
        let place = try await Place()
        #expect(await runQuery(place.options("sub/b.png", format: .json)) == 0)
        let one = try place.text
        #expect(Array(one.utf8) == Self.answer(Request("POST", "/query", body: [1])).body + [UInt8(ascii: "\n")])
        #expect(await runQuery(place.options("sub/b.png", "bad.png", "a b&c.png", format: .json)) == 2)
        let several = try JSONDecoder().decode([JSONValue].self, from: Data(place.text.utf8))
        let single = try JSONDecoder().decode(JSONValue.self, from: Data(one.utf8))
        #expect(several[0] == single && several[2] == single && several.count == 3)
        #expect(several[1] == .object(["code": .string("unsupported_format"), "error": .string("image: not an image")]))
        await place.stub.stop()
    }

    @Test func whatIsAskedFor() async throws {
        let place = try await Place()
        var options = place.options("sub/b.png", "a b&c.png")
        options.excludesSelf = true
        options.excludedPatient = "p 1/ü"
        (options.anyLabel, options.noLabel) = (["mild", "a&b,c"], ["none"])
        #expect(await runQuery(options) == 0)
        options.folder = place.folder
        #expect(await runQuery(options) == 0)
        let targets = place.stub.targets.filter { $0.contains("query") }
        let rest = "&exclude_patient=p%201%2F%C3%BC&label_any=mild,a%26b%2Cc&label_none=none"
        func target(_ id: String) -> String { "/v2/models/stub/versions/1/query?k=5&exclude_id=\(id)\(rest)" }
        #expect(Set(targets) == [target("b"), target("sub%2Fb"), target("a%20b%26c")] && targets.count == 4)
        await place.stub.stop()
    }

    /// The value of an attribute, up to the next quote.
    private func values(_ start: String, _ html: String) -> [String] {
        html.components(separatedBy: start).dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    @Test func aPageForItself() async throws {
        let place = try await Place()
        var options = place.options("a b&c.png", "sub/b.png", format: .html)
        options.folder = place.folder
        #expect(await runQuery(options) == 0)
        let html = try place.text
        #expect(html.hasPrefix("<!DOCTYPE html>") && html.hasSuffix("</html>\n"))
        // Nothing but itself: no script, no link, and names are text.
        for part in ["<script", "http://", "https://", "<link", "@import", "url(", "javascript:", "onerror", "p<1>"] {
            #expect(!html.contains(part), "\(part)")
        }
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;") && html.contains("p&lt;1&gt;"))
        #expect(html.contains("default-src 'none'; img-src data:"))
        for part in ["distance 0.2500", "cosine 0.9688", "older first", "the index has 3 entries", "SHA-256 abababab", "kept"] {
            #expect(html.contains(part), "\(part)")
        }
        #expect(html.components(separatedBy: "<section>").count == 3 && html.components(separatedBy: "no picture").count == 5)
        // The query's own picture comes first, then that of the entry, made smaller.
        let pictures = try values("<img src=\"data:image/jpeg;base64,", html).map { text in
            try Image.decode([UInt8](try #require(Data(base64Encoded: text))))
        }
        #expect(pictures.map(\.width) == [60, 320, 320, 320] && pictures.map(\.height) == [50, 200, 200, 200])
        let expected = try testPicture(1, width: 640, height: 400).resized(width: 320, height: 200, filter: .bilinear)
        let difference = zip(pictures[1].pixels, expected.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        #expect(difference < 20 * expected.pixels.count)
        // Without a folder the page has the query's picture alone.
        options.folder = nil
        #expect(await runQuery(options) == 0)
        #expect(values("<img src=\"", try place.text).count == 2)
        await place.stub.stop()
    }

    @Test func whatCannotBeDone() async throws {
        let place = try await Place()
        // A model without an index is not a model that is gone.
        try Data("lost".utf8).write(to: URL(fileURLWithPath: place.folder + "/lost.png"))
        #expect(await runQuery(place.options("lost.png", "lost.png", "lost.png", "lost.png")) == 3)
        #expect(place.stub.targets.count { $0.contains("query") } <= 2)
        #expect(await runQuery(place.options("bad.png")) == 3)
        #expect(await runQuery(place.options("absent.png")) == 3)
        #expect(await runQuery(place.options("other.png", "other.png")) == 3)
        #expect(!FileManager.default.fileExists(atPath: place.output))
        var options = place.options("sub/b.png", format: .html)
        options.folder = place.folder + "/nowhere"
        #expect(await runQuery(options) == 3)
        options.folder = nil
        options.output = place.folder + "/nowhere/out"
        #expect(await runQuery(options) == 3)
        await place.stub.stop()
        #expect(await runQuery(place.options("sub/b.png")) == 3)
    }
}
