import Foundation
import Imaging
import Testing

struct ResampleCases: Decodable {
    struct Resized: Decodable {
        var size: [Int]
        var voxels: Data
    }
    struct Warped: Decodable {
        var degrees: [Double]
        var scale: Double
        var shift: [Double]
        var voxels: Data
    }
    struct Windowed: Decodable {
        var low: Double
        var high: Double
        var voxels: Data
    }

    var shape: [Int]
    var source: Data
    var unit: Data
    var resized: [Resized]
    var warped: [Warped]
    var windows: [Windowed]

    var size: VolumeSize { VolumeSize(depth: self.shape[0], height: self.shape[1], width: self.shape[2]) }
    var volume: Volume { Volume(size: self.size, geometry: .axial, voxels: .int16(numbers(self.source))) }
}

extension VolumeGeometry {
    /// One mm a voxel, axes along the patient's.
    static let axial = VolumeGeometry(
        origin: [0, 0, 0], depthAxis: [0, 0, 1], heightAxis: [0, 1, 0], widthAxis: [1, 0, 0], spacing: [1, 1, 1])
}

/// Little-endian numbers.
func numbers<Number>(_ data: Data) -> [Number] {
    data.withUnsafeBytes { raw in
        (0..<raw.count / MemoryLayout<Number>.size).map {
            raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self)
        }
    }
}

/// The largest absolute difference; infinite when the counts differ or a value is not a number.
func largestDifference(_ actual: [Float], _ expected: [Float]) -> Float {
    guard actual.count == expected.count else { return .infinity }
    return zip(actual, expected).reduce(0) { worst, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(worst, difference)
    }
}

@Suite struct VolumeResampleTests {
    @Test func resizingIsTrilinearAtVoxelCentres() throws {
        let golden: ResampleCases = try Golden.read("resample", in: "volumes")
        #expect(golden.resized.count == 6)
        let floats = Volume(size: golden.size, geometry: .axial, voxels: .float32(golden.volume.floats))
        for testCase in golden.resized {
            let size = VolumeSize(depth: testCase.size[0], height: testCase.size[1], width: testCase.size[2])
            let (short, float) = (try golden.volume.resampled(to: size), try floats.resampled(to: size))
            #expect(short == float)
            // Values up to 3000, float32 sums.
            #expect(largestDifference(short.floats, numbers(testCase.voxels)) <= 1e-3, "\(size)")
            let corner = short.geometry.position(depth: -0.5, height: -0.5, width: -0.5)
            #expect((corner - SIMD3(repeating: -0.5)).max() < 1e-12, "the box stays where it is")
            #expect(abs(short.spacing.x * Double(size.depth) - 6) < 1e-12)
        }
        #expect(try golden.volume.resampled(to: golden.size).floats == golden.volume.floats)
    }

    @Test func windowsMapToBytesExactly() throws {
        let golden: ResampleCases = try Golden.read("resample", in: "volumes")
        for testCase in golden.windows {
            let window = try VolumeWindow(low: testCase.low, high: testCase.high)
            #expect(golden.volume.windowed(window).voxels == Array(testCase.voxels), "\(testCase.low) to \(testCase.high)")
        }
        let odd = Volume(
            size: VolumeSize(depth: 1, height: 1, width: 4), geometry: .axial,
            voxels: .float32([.nan, -.infinity, .infinity, 75]))
        #expect(odd.windowed(try VolumeWindow(low: 50, high: 100)).voxels == [0, 0, 255, 128])
        let largest = Double.greatestFiniteMagnitude
        for (low, high) in [(1.0, 1.0), (2, 1), (.nan, 1), (0, .infinity), (-largest, largest)] {
            #expect(failure { () throws(ImagingError) in _ = try VolumeWindow(low: low, high: high) }?.code == .invalidSetting)
        }
    }

    /// Every order and direction of axes, made from one volume, comes back to it.
    @Test func canonicalUndoesEveryOrientation() throws {
        let size = VolumeSize(depth: 3, height: 4, width: 5)
        let places: [SIMD3<Double>] = (0..<3).flatMap { z in
            (0..<4).flatMap { y in (0..<5).map { x in SIMD3(Double(x), Double(y), Double(z)) } }
        }
        func value(_ place: SIMD3<Double>) -> Int16 { Int16(place.x + place.y * 10 + place.z * 100) }
        let upright = Volume(size: size, geometry: .axial, voxels: .int16(places.map(value)))
        let units: [SIMD3<Double>] = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
        let sides = [3, 4, 5]
        var seen = 0
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for turns in 0..<8 {
                let signs = (0..<3).map { turns >> $0 & 1 == 1 ? -1.0 : 1.0 }
                let axes = (0..<3).map { units[order[$0]] * signs[$0] }
                var origin = SIMD3<Double>.zero
                for axis in 0..<3 where signs[axis] < 0 { origin += units[order[axis]] * Double(sides[order[axis]] - 1) }
                let geometry = VolumeGeometry(
                    origin: origin, depthAxis: axes[0], heightAxis: axes[1], widthAxis: axes[2], spacing: [1, 1, 1])
                let turned = VolumeSize(depth: sides[order[0]], height: sides[order[1]], width: sides[order[2]])
                var voxels: [Int16] = []
                for d in 0..<turned.depth {
                    for h in 0..<turned.height {
                        for w in 0..<turned.width {
                            voxels.append(value(geometry.position(depth: Double(d), height: Double(h), width: Double(w))))
                        }
                    }
                }
                let canonical = Volume(size: turned, geometry: geometry, voxels: .int16(voxels)).canonical()
                #expect(canonical == upright, "\(order) \(turns)")
                seen += 1
            }
        }
        #expect(seen == 48)
    }

    @Test func paddingDoesNotReachTheResult() throws {
        let size = VolumeSize(depth: 2, height: 2, width: 2)
        let voxels: [Int16] = [-3024, 100, -3024, 100, -3024, 100, -3024, 100]
        let volume = Volume(size: size, geometry: .axial, voxels: .int16(voxels), padding: -3024 ... -3024)
        let window = try VolumeWindow(low: -100, high: 100)
        let bytes = try volume.prepared(size: VolumeSize(depth: 2, height: 2, width: 4), window: window)
        // A quarter of the way from padding to tissue is a quarter of the window, not far below it.
        #expect(bytes.voxels == Array([[0, 64, 191, 255], [0, 64, 191, 255], [0, 64, 191, 255], [0, 64, 191, 255]].joined()))
    }
}
