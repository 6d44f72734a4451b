import Foundation
import Imaging
import Testing

@Suite struct VolumePreprocessingTests {
    private static func preprocessing() throws -> VolumePreprocessing {
        try VolumePreprocessing(size: [2, 3, 4], window: VolumeWindow(low: 0, high: 255))
    }

    /// Voxels 0, 10, 20, ...; upright, so that `canonical` changes nothing.
    private static func volume() -> Volume {
        let geometry = VolumeGeometry(
            origin: .zero, depthAxis: SIMD3(0, 0, 1), heightAxis: SIMD3(0, 1, 0), widthAxis: SIMD3(1, 0, 0),
            spacing: SIMD3(3, 2, 1))
        return Volume(
            size: VolumeSize(depth: 2, height: 3, width: 4), geometry: geometry, voxels: .int16((0..<24).map { Int16($0 * 10) }))
    }

    @Test func valuesAreThoseOfTheFormula() throws {
        let preprocessing = try Self.preprocessing()
        let bytes = try preprocessing.geometric(Self.volume())
        #expect(bytes.voxels == (0..<24).map { UInt8($0 * 10) })
        let expected = (0..<24).map { (Double($0 * 10) / 255 - 0.449) / 0.226 }
        // A draw that changes nothing goes the other way through the code.
        for draw in [nil, VolumeAugmentation.Draw()] {
            var actual = [Float](repeating: .nan, count: 24)
            preprocessing.normalize(bytes, changedBy: draw, into: &actual)
            #expect(zip(actual, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 })
        }
    }

    /// Outside of a moved volume it is black, which is not 0 after normalisation.
    @Test func aChangeComesBeforeNormalisation() throws {
        let preprocessing = try Self.preprocessing()
        var draw = VolumeAugmentation.Draw()
        draw.shift = SIMD3(0.25, 0, 0)
        var actual = [Float](repeating: .nan, count: 24)
        preprocessing.normalize(try preprocessing.geometric(Self.volume()), changedBy: draw, into: &actual)
        for row in 0..<6 {
            let source = [-1, 0, 1, 2].map { $0 < 0 ? 0 : Double((row * 4 + $0) * 10) }
            let expected = source.map { ($0 / 255 - 0.449) / 0.226 }
            #expect(zip(actual[row * 4..<row * 4 + 4], expected).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "row \(row)")
        }
    }

    @Test func jsonGoesThereAndBack() throws {
        let text = #"{"size": [300, 150, 150], "window": [-1350, 150], "mean": 0.449, "std": 0.226}"#
        let value = try JSONDecoder().decode(VolumePreprocessing.self, from: Data(text.utf8))
        #expect(try value == VolumePreprocessing(size: [300, 150, 150]))
        #expect(try JSONDecoder().decode(VolumePreprocessing.self, from: JSONEncoder().encode(value)) == value)
    }

    @Test(arguments: [
        #"{"size": [300, 150], "window": [0, 1], "mean": 0.5, "std": 0.2}"#,
        #"{"size": [0, 150, 150], "window": [0, 1], "mean": 0.5, "std": 0.2}"#,
        #"{"size": [1025, 150, 150], "window": [0, 1], "mean": 0.5, "std": 0.2}"#,
        #"{"size": [3, 65, 65], "window": [1, 1], "mean": 0.5, "std": 0.2}"#,
        #"{"size": [3, 65, 65], "window": [1], "mean": 0.5, "std": 0.2}"#,
        #"{"size": [3, 65, 65], "window": [0, 1], "mean": 0.5, "std": 0}"#,
    ])
    func impossibleSettingsAreRefused(_ text: String) {
        #expect(throws: ImagingError.self) { try JSONDecoder().decode(VolumePreprocessing.self, from: Data(text.utf8)) }
    }
}
