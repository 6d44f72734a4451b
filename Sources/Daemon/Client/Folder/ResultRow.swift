/// What was found in a picture, as columns of a table.
package protocol Finding: Codable, Sendable, Hashable {
    /// The columns of `cells`.
    static func columns(classes: Int) -> [String]

    func cells(classes: Int) -> [String]

    /// From cells by column; nil when one is missing or has no meaning. Texts are still protected as `CSV.protected` does it.
    init?(_ cells: [String: String], classes: Int)
}

/// One line of a result file: a picture and what was found, or why nothing was.
package struct ResultRow<Found: Finding>: Sendable, Hashable {
    package enum Status: String, Codable, Sendable, Hashable {
        case ok
        case error
    }

    /// The file's name in the folder.
    package var file: String
    package var result: Result<Found, PictureFailure>
    package var model: String
    package var modelVersion: Int
    package var modelSHA256: String
    /// SHA-256 of the picture's file, which tells on resuming whether it has changed; nil when it could not be read.
    package var fileSHA256: String?
    /// From sending the picture to reading the answer.
    package var milliseconds: Double
    /// ISO 8601, UTC, when the answer came.
    package var time: String

    package init(
        file: String, _ result: Result<Found, PictureFailure>, model: ModelSummary, fileSHA256: String?, milliseconds: Double,
        time: String
    ) {
        self.file = file
        self.result = result
        self.model = model.name
        self.modelVersion = model.version
        self.modelSHA256 = model.sha256 ?? ""
        self.fileSHA256 = fileSHA256
        self.milliseconds = milliseconds
        self.time = time
    }

    package var status: Status { self.found == nil ? .error : .ok }

    /// Nil where nothing was found.
    package var found: Found? { try? self.result.get() }

    /// Nil where something was found.
    package var failure: PictureFailure? {
        if case .failure(let failure) = self.result { failure } else { nil }
    }
}

extension ResultRow: Codable {
    private enum CodingKeys: String, CodingKey {
        case file, status, model, milliseconds, time
        case errorCode = "error_code"
        case errorMessage = "error_message"
        case modelVersion = "model_version"
        case modelSHA256 = "model_sha256"
        case fileSHA256 = "file_sha256"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.file = try values.decode(String.self, forKey: .file)
        switch try values.decode(Status.self, forKey: .status) {
        case .ok: self.result = .success(try Found(from: decoder))
        case .error:
            self.result = .failure(
                PictureFailure(
                    code: try values.decodeIfPresent(String.self, forKey: .errorCode) ?? "",
                    message: try values.decodeIfPresent(String.self, forKey: .errorMessage) ?? ""))
        }
        self.model = try values.decode(String.self, forKey: .model)
        self.modelVersion = try values.decode(Int.self, forKey: .modelVersion)
        self.modelSHA256 = try values.decode(String.self, forKey: .modelSHA256)
        self.fileSHA256 = try values.decodeIfPresent(String.self, forKey: .fileSHA256)
        self.milliseconds = try values.decode(Double.self, forKey: .milliseconds)
        self.time = try values.decode(String.self, forKey: .time)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(self.file, forKey: .file)
        try values.encode(self.status, forKey: .status)
        switch self.result {
        case .success(let found): try found.encode(to: encoder)
        case .failure(let failure):
            try values.encode(failure.code, forKey: .errorCode)
            try values.encode(failure.message, forKey: .errorMessage)
        }
        try values.encode(self.model, forKey: .model)
        try values.encode(self.modelVersion, forKey: .modelVersion)
        try values.encode(self.modelSHA256, forKey: .modelSHA256)
        try values.encodeIfPresent(self.fileSHA256, forKey: .fileSHA256)
        try values.encode(self.milliseconds, forKey: .milliseconds)
        try values.encode(self.time, forKey: .time)
    }
}

extension ResultRow {
    /// The columns of `cells`: the finding's between what all rows begin and end with.
    static func columns(classes: Int) -> [String] {
        ["file", "status"] + Found.columns(classes: classes) + [
            "error_code", "error_message", "model", "model_version", "model_sha256", "file_sha256", "milliseconds", "time",
        ]
    }

    func cells(classes: Int) -> [String] {
        let blank = Found.columns(classes: classes).map { _ in "" }
        let failure = [CSV.protected(self.failure?.code ?? ""), CSV.protected(self.failure?.message ?? "")]
        let origin = [
            CSV.protected(self.model), "\(self.modelVersion)", self.modelSHA256, self.fileSHA256 ?? "", "\(self.milliseconds)",
            self.time,
        ]
        return [CSV.protected(self.file), self.status.rawValue] + (self.found?.cells(classes: classes) ?? blank) + failure
            + origin
    }

    /// A row of a CSV's cells by column; nil when one is missing or has no meaning.
    init?(_ cells: [String: String], classes: Int) {
        func text(_ column: String) -> String { CSV.unprotected(cells[column] ?? "") }
        guard let status = cells["status"].flatMap(Status.init(rawValue:)), let file = cells["file"], let model = cells["model"],
            let version = cells["model_version"].flatMap({ Int($0) }), let sha256 = cells["model_sha256"],
            let milliseconds = cells["milliseconds"].flatMap({ Double($0) }), let time = cells["time"]
        else { return nil }
        switch status {
        case .ok:
            guard let found = Found(cells, classes: classes) else { return nil }
            self.result = .success(found)
        case .error:
            self.result = .failure(PictureFailure(code: text("error_code"), message: text("error_message")))
        }
        self.file = CSV.unprotected(file)
        self.model = CSV.unprotected(model)
        self.modelVersion = version
        self.modelSHA256 = sha256
        self.fileSHA256 = cells["file_sha256"].flatMap { $0.isEmpty ? nil : $0 }
        self.milliseconds = milliseconds
        self.time = time
    }
}
