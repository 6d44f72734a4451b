#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What was found as one HTML file that needs nothing else: no network, no script.
struct QueryPage {
    let model: ModelSummary
    let answers: [QueryAnswer]
    /// The folder of the index's pictures; nil for a page without them.
    let folder: String?
    /// When the page was made.
    var date = Date()

    func text() throws(DaemonError) -> String {
        let thumbnails = try Thumbnails(folder: self.folder)
        let sections = self.answers.map { answer in
            switch answer.result {
            case .success(let reply): self.section(answer, reply, thumbnails)
            case .failure(let failure):
                "<section><h2>\(escaped(answer.picture))</h2><p class=\"note\">\(escaped("\(failure.code): \(failure.message)"))</p></section>\n"
            }
        }
        let model = "\(self.model.name), version \(self.model.version), SHA-256 \((self.model.sha256 ?? "").prefix(16))"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <title>Similar pictures</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <header>
            <h1>Similar pictures</h1>
            <p>Model \(escaped(model)) · \(escaped(self.date.formatted(.iso8601)))</p>
            </header>
            <main>
            \(sections.joined())</main>
            <footer>Likeness to a model is no diagnosis.</footer>
            </body>
            </html>

            """
    }

    private func section(_ answer: QueryAnswer, _ reply: QueryReply, _ thumbnails: Thumbnails) -> String {
        let query = figure(
            Thumbnails.uri(answer.picture), answer.picture, isQuery: true,
            caption: "<b>Query</b> <span class=\"id\">\(escaped(answer.picture))</span>")
        let neighbours = reply.neighbours.map { neighbour in
            let patient = neighbour.patient.map { "<div>patient \(escaped($0))</div>" } ?? ""
            let labels = neighbour.labels.map { "<span class=\"label\">\(escaped($0))</span>" }.joined(separator: " ")
            return figure(
                thumbnails.entry(neighbour.id), neighbour.id, isQuery: false,
                caption: """
                    <b>\(neighbour.rank)</b> <span class="id">\(escaped(neighbour.id))</span>\(patient)\
                    <div>\(labels)</div><div class="score">distance \(decimal(neighbour.distance, 4))</div>\
                    <div class="score">cosine \(decimal(neighbour.cosine, 4))</div>
                    """)
        }
        let note = reply.note.map { "<p class=\"note\">\(escaped($0))</p>" } ?? ""
        return """
            <section>
            <h2>\(escaped(answer.picture))</h2>
            \(note)
            <div class="gallery">
            \((reply.neighbours.isEmpty ? [query, "<p>Nothing was found.</p>"] : [query] + neighbours).joined(separator: "\n"))
            </div>
            <div class="facts">
            <dl>\(self.facts(reply))</dl>
            \(votes(reply.rankedVotes))
            </div>
            </section>

            """
    }

    private func facts(_ reply: QueryReply) -> String {
        [
            ("k", "\(reply.k)"), ("Entries in the index", "\(reply.entries)"), ("Self match", reply.selfMatch),
            ("Ties", reply.tieRule),
        ].map { "<dt>\($0)</dt><dd>\(escaped($1))</dd>" }.joined()
    }

    private static let style = """
        :root { color-scheme: light dark; --line: #c9ced6; --soft: #f3f5f8; --text: #16191d; --quiet: #4d5763; --mark: #0b5cad; }
        @media (prefers-color-scheme: dark) {
          :root { --line: #3b424c; --soft: #1e2329; --text: #e8ebef; --quiet: #a9b3bf; --mark: #7cb8f5; }
          body { background: #14171b; }
        }
        * { box-sizing: border-box; }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--text); margin: 0 auto; max-width: 1200px; padding: 1em; }
        h1 { font-size: 1.6em; margin: 0; }
        h2 { font-size: 1.15em; margin: 1.8em 0 .5em; overflow-wrap: anywhere; }
        header p, footer { color: var(--quiet); overflow-wrap: anywhere; }
        .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: .8em; }
        figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); overflow: hidden; break-inside: avoid; }
        figure.query { border: 2px solid var(--mark); }
        figure img, .absent { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #000; }
        .absent { display: grid; place-items: center; background: none; color: var(--quiet); border-bottom: 1px solid var(--line); }
        figcaption { padding: .5em .6em; overflow-wrap: anywhere; }
        .score { color: var(--quiet); font-variant-numeric: tabular-nums; font-size: .87em; }
        .label { display: inline-block; border: 1px solid var(--line); border-radius: 1em; padding: 0 .5em; font-size: .87em; }
        .note { border-left: 4px solid #c77700; padding: .3em .7em; background: var(--soft); }
        .facts { display: flex; flex-wrap: wrap; gap: .5em 3em; margin-top: .8em; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em .8em; margin: 0; flex: 1 1 22em; align-content: start; }
        dt { color: var(--quiet); } dd { margin: 0; }
        table { border-collapse: collapse; flex: 1 1 18em; align-self: start; }
        th { font-weight: normal; text-align: left; } th, td { padding: .1em .5em .1em 0; } td { font-variant-numeric: tabular-nums; }
        meter { width: 9em; }
        caption { text-align: left; color: var(--quiet); }
        footer { margin-top: 2em; border-top: 1px solid var(--line); padding-top: .6em; }
        @media print {
          :root { --line: #999; --soft: #fff; --text: #000; --quiet: #333; --mark: #000; }
          body { background: #fff; max-width: none; padding: 0; font-size: 11px; print-color-adjust: exact; }
          .gallery { grid-template-columns: repeat(4, 1fr); }
          section { break-inside: auto; }
        }
        """
}

private func figure(_ uri: String?, _ name: String, isQuery: Bool, caption: String) -> String {
    let picture = uri.map { "<img src=\"\($0)\" alt=\"\(escaped(name))\">" } ?? "<div class=\"absent\">no picture</div>"
    return "<figure\(isQuery ? " class=\"query\"" : "")>\(picture)<figcaption>\(caption)</figcaption></figure>"
}

private func votes(_ votes: [(label: String, share: Double)]) -> String {
    guard !votes.isEmpty else { return "" }
    let rows = votes.map { vote in
        let number = decimal(vote.share, 3)
        return "<tr><th scope=\"row\">\(escaped(vote.label))</th><td>\(number)</td>"
            + "<td><meter min=\"0\" max=\"1\" value=\"\(number)\">\(number)</meter></td></tr>"
    }
    return "<table><caption>Votes of the neighbours, weighted by distance</caption>\(rows.joined())</table>"
}

/// Text that is no markup, inside elements and quoted attributes alike, without control characters.
func escaped(_ text: String) -> String {
    printable(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
}
