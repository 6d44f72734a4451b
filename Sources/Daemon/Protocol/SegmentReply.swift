package import Foundation
import Pipelines

/// The answer of `POST /v2/models/M/segment`.
package struct SegmentReply: Codable, Sendable, Hashable {
    package struct Class: Codable, Sendable, Hashable {
        package var name: String
        /// Pixels of the picture that belong to the class, and their share of all.
        package var area: Int
        package var fraction: Double
        /// A grey PNG of the picture's size, 255 where the class is; base64 in JSON.
        package var mask: Data
    }

    /// Of the picture, in pixels.
    package var width: Int
    package var height: Int
    package var classes: [Class]
    /// Probability above which a pixel belongs to a class.
    package var threshold: Double
    /// The picture with outlines, a PNG; base64 in JSON. Absent unless asked for.
    package var overlay: Data?
    /// Views of the picture that were averaged, of all members together.
    package var views: Int
    /// What each member of an ensemble would have found alone; absent for a model.
    package var votes: [VoteReply<Vote>]?
    /// Which members are left out; absent when none is.
    package var note: String?
    package var model: AnsweringModel
    package var timings: AnswerTimings

    /// What a member of an ensemble would have found alone: pixels by class.
    package struct Vote: Codable, Sendable, Hashable {
        package var areas: [String: Int]
    }

    init(_ answer: SegmentationAnswer, _ served: Served, _ timings: AnswerTimings) throws {
        let result = answer.result
        self.width = result.width
        self.height = result.height
        self.classes = try result.classes.map { segmented in
            Class(
                name: segmented.name, area: segmented.area,
                fraction: Double(segmented.area) / Double(result.width * result.height),
                mask: Data(try segmented.png(width: result.width, height: result.height)))
        }
        self.threshold = result.threshold
        self.overlay = result.overlay.map { Data($0) }
        self.views = answer.views
        self.votes = VoteReply.replies(answer.votes) { areas in
            Vote(areas: Dictionary(uniqueKeysWithValues: zip(result.classes.map(\.name), areas)))
        }
        self.note = served.note
        self.model = AnsweringModel(served)
        self.timings = timings
    }

    private enum CodingKeys: String, CodingKey {
        case width, height, classes, threshold, overlay, views, votes, note, model
        case timings = "timings_ms"
    }
}
