/// How `dr query` shows what was found.
package enum QueryFormat: String, Sendable, CaseIterable {
    case table
    case json
    case html
}

/// What `dr query` is started with.
package struct QueryOptions: Sendable {
    /// Files.
    package var pictures: [String]
    package var socket: String
    /// The model's name; nil where the daemon has only one.
    package var model: String?
    /// Neighbours.
    package var count = 10
    package var format = QueryFormat.table
    /// A file; nil for standard output.
    package var output: String?
    /// Leaves out the entry that is the query's picture itself: see `identifier(of:)`.
    package var excludesSelf = false
    package var excludedPatient: String?
    /// Conditions on the labels of entries.
    package var allLabels: [String] = []
    package var anyLabel: [String] = []
    package var noLabel: [String] = []
    /// The folder of the index's pictures, for thumbnails and for the names of queries.
    package var folder: String?

    package init(pictures: [String], socket: String) {
        self.pictures = pictures
        self.socket = socket
    }

    /// What a picture is called in the index: its path below `folder` without the extension, or outside of it its name without.
    package func identifier(of picture: String) -> String {
        if let folder, let root = resolved(folder), let path = resolved(picture), path.hasPrefix("\(root)/") {
            return PictureList.stem(String(path.dropFirst(root.count + 1)))
        }
        return PictureList.stem(String(picture.split(separator: "/").last ?? ""))
    }

    /// The end of the request's path with its query.
    func verb(for picture: String) -> String {
        var items = [("k", [String(self.count)])]
        if self.excludesSelf { items.append(("exclude_id", [self.identifier(of: picture)])) }
        if let patient = self.excludedPatient { items.append(("exclude_patient", [patient])) }
        for (name, labels) in [("label_all", self.allLabels), ("label_any", self.anyLabel), ("label_none", self.noLabel)]
        where !labels.isEmpty {
            items.append((name, labels))
        }
        // Commas stand between labels; those of a label are encoded.
        return "query?" + items.map { "\($0)=\($1.map(percentEncoded).joined(separator: ","))" }.joined(separator: "&")
    }
}

/// Text as a value of a query: everything but letters, digits and `-._~` as `%XX`.
func percentEncoded(_ text: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    let bytes = text.utf8.flatMap { byte in
        plain.contains(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// What was found for one picture.
struct QueryAnswer: Sendable {
    /// As it was given.
    let picture: String
    /// What the picture is called in the index.
    let id: String
    let result: Result<QueryReply, PictureFailure>
    /// The daemon's answer as it is.
    let json: String
}

/// Asks for the pictures most like some.
struct QueryJob {
    let options: QueryOptions

    /// The answers in the order of the pictures, and what ended it early.
    func run() async throws -> (model: ModelSummary, answers: [QueryAnswer], stopped: DaemonError?) {
        let options = self.options
        let client = UnixClient(path: options.socket)
        let model = try await client.readyModel(options.model)
        var answers: [QueryAnswer] = []
        let stopped = await inOrder(options.pictures, jobs: 2) { picture in
            let client = PictureClient(client: client, model: model, verb: options.verb(for: picture))
            let id = options.identifier(of: picture)
            switch try await client.ask(picture).result {
            case .success(let answer):
                let reply = try client.reply(QueryReply.self, in: answer)
                return QueryAnswer(
                    picture: picture, id: id, result: .success(reply), json: String(decoding: answer.body, as: UTF8.self))
            case .failure(let failure):
                guard !failure.isAboutTheModel else { throw DaemonError(.unsupported, "daemon", failure.message) }
                let json = String(decoding: encodedJSON(["code": failure.code, "error": failure.message]), as: UTF8.self)
                return QueryAnswer(picture: picture, id: id, result: .failure(failure), json: json)
            }
        } deliver: { answer throws(DaemonError) in
            answers.append(answer)
        }
        return (model, answers, stopped)
    }
}

/// `dr query`: the answers to standard output or a file, failures to standard error. Exit code 0 all fine, 2 some pictures failed,
/// 3 nothing could be done.
package func runQuery(_ options: QueryOptions) async -> Int32 {
    do {
        let (model, answers, stopped) = try await QueryJob(options: options).run()
        for answer in answers {
            guard case .failure(let failure) = answer.result else { continue }
            complain("dr: \(printable(answer.picture)): \(failure.code): \(failure.message)")
        }
        if let stopped { complain("dr: \(stopped)") }
        let good = answers.count { (try? $0.result.get()) != nil }
        if good > 0 || options.format == .json, !answers.isEmpty {
            let text =
                switch options.format {
                case .table: queryTable(answers)
                case .json: queryJSON(answers)
                case .html: try QueryPage(model: model, answers: answers, folder: options.folder).text()
                }
            if let output = options.output { try writeWhole(Array(text.utf8), to: output) } else { say(text, end: "") }
        }
        if good == 0 { return 3 }
        return good == options.pictures.count ? 0 : 2
    } catch {
        complain("dr: \(error)")
        return 3
    }
}
