import Metrics

/// A number, null, or the text "inf".
struct Figure: Decodable {
    let value: Double?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self.value = nil
        } else if let number = try? container.decode(Double.self) {
            self.value = number
        } else {
            self.value = try container.decode(String.self) == "inf" ? .infinity : .nan
        }
    }
}

/// A mask as hexadecimal bytes of bits, the first pixel in the highest bit.
struct PackedMask: Decodable {
    let height: Int
    let width: Int
    let bits: String

    func mask() throws -> BinaryMask {
        let pixels = self.bits.flatMap { character -> [Bool] in
            let digit = character.hexDigitValue ?? 0
            return [digit & 8 != 0, digit & 4 != 0, digit & 2 != 0, digit & 1 != 0]
        }
        return try BinaryMask(width: self.width, height: self.height, pixels: Array(pixels.prefix(self.width * self.height)))
    }
}

struct SegmentationProblem: Decodable {
    struct Case: Decodable {
        let name: String
        let prediction: PackedMask
        let truth: PackedMask
        /// By column of calculate_metrics.
        let table: [Figure]
        let evaluator: [String: Double]
        /// By medpy, MONAI and scikit-learn; null where a mask is empty.
        let libraries: [String: Double]?
    }

    struct Summary: Decodable {
        /// Mean, standard deviation, minimum, maximum, median by column.
        let rows: [[Figure]]
        let undefined: [Int]
    }

    struct Large: Decodable {
        /// Height, width, row and column of the centre, vertical and horizontal radius.
        let prediction: [Int]
        let truth: [Int]
        let Dice: Double
        let HD: Double
        let HD95: Double
        let fromPrediction: Double
        let fromTruth: Double
        let BFScore: Double
    }

    struct Transform: Decodable {
        let marks: PackedMask
        let spacing: [Double]
        let distances: [Double]
    }

    struct Multiclass: Decodable {
        struct Image: Decodable {
            let prediction: [Int]
            let truth: [Int]
        }

        let height: Int
        let width: Int
        let images: [Image]
        let metrics: [String]
        let classMeans: [[Figure]]
        let means: [Double]
        let deviations: [Double]
    }

    struct Calibration: Decodable {
        struct Picture: Decodable {
            let probabilities: [Float]
            let truth: PackedMask
        }

        let height: Int
        let width: Int
        let error: Double
        let pictures: [Picture]
    }

    let columns: [String]
    let cases: [Case]
    let summary: Summary
    let large: Large
    let transforms: [Transform]
    let multiclass: Multiclass
    let calibration: Calibration

    static func load() throws -> SegmentationProblem {
        try Golden<SegmentationProblem>.load("segmentation.json")
    }
}

/// The same, where infinity agrees with infinity.
func agreesOrInfinite(_ actual: Double?, _ expected: Double?) -> Bool {
    expected == .infinity ? actual == .infinity : agrees(actual, expected)
}
