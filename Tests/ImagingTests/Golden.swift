import Foundation
import Imaging
import Testing

/// What Scripts/golden/imaging.py and Scripts/golden/volumes.py wrote, and where real data lie.
enum Golden {
    private static let testsFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    static func read<Value: Decodable>(
        _ name: String, in folder: String = "imaging", as type: Value.Type = Value.self
    ) throws -> Value {
        let file = self.testsFolder.appending(path: "Golden/\(folder)/\(name).json")
        guard let value = try JSONDecoder().decode([String: OneOf<Value>].self, from: Data(contentsOf: file))[name]?.value
        else { throw CocoaError(.fileReadCorruptFile) }
        return value
    }

    /// The rows of a CSV file below Golden, by column name. The last column may hold commas.
    static func table(_ name: String, in folder: String) throws -> [[String: String]] {
        let file = self.testsFolder.appending(path: "Golden/\(folder)/\(name).csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
        let columns = lines.first.map { $0.split(separator: ",").map(String.init) } ?? []
        return lines.dropFirst().map { line in
            let fields = line.split(separator: ",", maxSplits: columns.count - 1, omittingEmptySubsequences: false).map(
                String.init)
            return Dictionary(uniqueKeysWithValues: zip(columns, fields))
        }
    }

    /// A folder of the shared data set; prints why and gives nil when it is not here.
    static func sharedFolder(_ name: String) -> URL? {
        let root =
            ProcessInfo.processInfo.environment["DR_SHARED_DATA"].map { URL(filePath: $0) }
            ?? self.testsFolder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")
        let folder = root.appending(path: name)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            print("skipped: ../shared/data/\(name) is not on this machine")
            return nil
        }
        return folder
    }

    /// The tool versions beside the cases are skipped.
    private enum OneOf<Value: Decodable>: Decodable {
        case wanted(Value)
        case other

        init(from decoder: any Decoder) throws {
            if decoder.codingPath.last?.stringValue == "tools" {
                self = .other
            } else {
                self = .wanted(try Value(from: decoder))
            }
        }

        var value: Value? {
            if case .wanted(let value) = self { value } else { nil }
        }
    }
}

/// Pixels as the script stores them.
struct StoredImage: Decodable {
    var width: Int
    var height: Int
    var pixels: Data

    var image: Image { Image(width: self.width, height: self.height, pixels: Array(self.pixels)) }
}

/// Nil when the pictures are equal within `tolerance`, else the first difference.
func mismatch(_ actual: Image, _ expected: Image, tolerance: Int = 0) -> String? {
    guard actual.width == expected.width, actual.height == expected.height else {
        return "\(actual.width)x\(actual.height) instead of \(expected.width)x\(expected.height)"
    }
    let wrong = zip(actual.pixels, expected.pixels).enumerated().filter { abs(Int($1.0) - Int($1.1)) > tolerance }
    guard let (index, pair) = wrong.first else { return nil }
    let pixel = index / 3
    return "\(wrong.count) bytes differ, first at x \(pixel % actual.width) y \(pixel / actual.width) channel \(index % 3): "
        + "\(pair.0) instead of \(pair.1)"
}

/// A picture with detail at every size, the same each time.
func sample(_ width: Int, _ height: Int, seed: Int = 1) -> Image {
    var random = CounterRandom(seed: 5, epoch: 0, sample: seed)
    let pixels = (0..<width * height * 3).map { index in
        UInt8(truncatingIfNeeded: (index / 3 % width * 3 + index / 3 / width * 2 + index % 3 * 40) / 2 + Int(random.next() % 24))
    }
    return Image(width: width, height: height, pixels: pixels)
}

/// The error that `body` throws.
func failure(_ body: () throws(ImagingError) -> Void) -> ImagingError? {
    do throws(ImagingError) {
        try body()
        return nil
    } catch {
        return error
    }
}
