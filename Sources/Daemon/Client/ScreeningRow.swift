/// One line of `dr screen`'s output: an image and what was found, or why nothing was.
package struct ScreeningRow: Codable, Sendable, Hashable {
    package enum Status: String, Codable, Sendable, Hashable {
        case ok
        case error
    }

    /// The file's name in the folder.
    package var file: String
    package var status: Status
    package var grade: Int?
    package var gradeName: String?
    package var probabilities: [Double]?
    package var referableProbability: Double?
    package var referable: Bool?
    package var errorCode: String?
    package var errorMessage: String?
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
        file: String, status: Status, model: ModelSummary, fileSHA256: String?, milliseconds: Double, time: String
    ) {
        self.file = file
        self.status = status
        self.model = model.name
        self.modelVersion = model.version
        self.modelSHA256 = model.sha256 ?? ""
        self.fileSHA256 = fileSHA256
        self.milliseconds = milliseconds
        self.time = time
    }

    private enum CodingKeys: String, CodingKey {
        case file, status, grade, probabilities, referable, model, milliseconds, time
        case gradeName = "grade_name"
        case referableProbability = "referable_probability"
        case errorCode = "error_code"
        case errorMessage = "error_message"
        case modelVersion = "model_version"
        case modelSHA256 = "model_sha256"
        case fileSHA256 = "file_sha256"
    }
}
