import Foundation
import Imaging
import Testing

/// What is written is read back by the reader that golden files of nibabel check.
@Suite struct NiftiEncodeTests {
    /// Oblique, all three spacings different.
    private static func volume(_ voxels: (Int) -> Volume.Voxels) -> Volume {
        let size = VolumeSize(depth: 3, height: 4, width: 5)
        let geometry = VolumeGeometry(
            origin: SIMD3(-20.5, 31, 7.25), depthAxis: SIMD3(0, 0.6, 0.8), heightAxis: SIMD3(0, -0.8, 0.6),
            widthAxis: SIMD3(-1, 0, 0), spacing: SIMD3(2.5, 0.75, 0.5))
        return Volume(size: size, geometry: geometry, voxels: voxels(size.count))
    }

    @Test(arguments: [false, true]) func aWrittenVolumeReadsBack(_ isCompressed: Bool) throws {
        let volumes = [
            Self.volume { .int16((0..<$0).map { Int16($0 * 37 - 1000) }) },
            Self.volume { .float32((0..<$0).map { Float($0) * 0.37 - 9.5 }) },
        ]
        for volume in volumes {
            let bytes = try volume.encodedNifti(isCompressed: isCompressed)
            #expect(bytes.starts(with: [0x1F, 0x8B]) == isCompressed)
            let again = try Volume.decodeNifti(bytes)
            #expect(again.voxels == volume.voxels && again.size == volume.size)
            let pairs = [
                (again.geometry.origin, volume.geometry.origin), (again.geometry.spacing, volume.geometry.spacing),
                (again.geometry.depthAxis, volume.geometry.depthAxis), (again.geometry.heightAxis, volume.geometry.heightAxis),
                (again.geometry.widthAxis, volume.geometry.widthAxis),
            ]
            for (actual, expected) in pairs {
                #expect((0..<3).allSatisfy { abs(actual[$0] - expected[$0]) < 1e-5 }, "\(actual) instead of \(expected)")
            }
            #expect(try volume.encodedNifti(isCompressed: isCompressed) == bytes)
        }
    }

    @Test func theHeaderIsThatOfTheFormat() throws {
        let bytes = try Self.volume { .int16([Int16](repeating: 258, count: $0)) }.encodedNifti(isCompressed: false)
        #expect(bytes.count == 352 + 60 * 2)
        #expect(Array(bytes[0..<4]) == [0x5C, 1, 0, 0])
        #expect(Array(bytes[40..<48]) == [3, 0, 5, 0, 4, 0, 3, 0])
        #expect(Array(bytes[70..<74]) == [4, 0, 16, 0])
        #expect(Array(bytes[344..<354]) == Array("n+1\0".utf8) + [0, 0, 0, 0, 2, 1])
    }

    /// Voxels that gzip cannot shrink.
    @Test func randomVoxelsFit() throws {
        var state: UInt64 = 1
        let size = VolumeSize(depth: 20, height: 100, width: 100)
        let voxels = (0..<size.count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int16(truncatingIfNeeded: state >> 40)
        }
        let volume = Volume(
            size: size, geometry: Self.volume { .int16([Int16](repeating: 0, count: $0)) }.geometry, voxels: .int16(voxels))
        let bytes = try volume.encodedNifti(isCompressed: true)
        #expect(bytes.count > size.count * 2)
        #expect(try Volume.decodeNifti(bytes).voxels == volume.voxels)
    }
}
