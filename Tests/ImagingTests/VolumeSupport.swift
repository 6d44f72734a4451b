import Foundation
import Imaging
import Testing

/// A volume as the golden script stores it.
struct StoredVolume: Decodable {
    var type: String
    var shape: [Int]
    var voxels: Data
    var spacing: [Double]
    var origin: [Double]
    /// Directions of depth, height and width.
    var axes: [[Double]]
}

/// Nil when the voxels are equal to the bit and the places within 1e-3 mm, else what differs.
func mismatch(_ volume: Volume, _ expected: StoredVolume) -> String? {
    let shape = [volume.size.depth, volume.size.height, volume.size.width]
    guard shape == expected.shape else { return "\(shape) instead of \(expected.shape)" }
    let (type, bytes) = stored(volume.voxels)
    guard type == expected.type else { return "\(type) instead of \(expected.type)" }
    if let index = zip(bytes, expected.voxels).enumerated().first(where: { $1.0 != $1.1 })?.offset {
        return "voxels differ from byte \(index)"
    }
    guard bytes.count == expected.voxels.count else { return "\(bytes.count) bytes instead of \(expected.voxels.count)" }
    let geometry = volume.geometry
    let actual = [geometry.spacing, geometry.origin, geometry.depthAxis, geometry.heightAxis, geometry.widthAxis]
    let wanted = [expected.spacing, expected.origin] + expected.axes
    for (name, (a, b)) in zip(["spacing", "origin", "depth axis", "height axis", "width axis"], zip(actual, wanted)) {
        guard b.count == 3, (0..<3).allSatisfy({ abs(a[$0] - b[$0]) <= 1e-3 }) else { return "\(name) \(a) instead of \(b)" }
    }
    return nil
}

/// The voxels as little-endian bytes, and the name of their type.
func stored(_ voxels: Volume.Voxels) -> (type: String, bytes: [UInt8]) {
    switch voxels {
    case .int16(let values): ("int16", values.withUnsafeBytes { Array($0) })
    case .float32(let values): ("float32", values.withUnsafeBytes { Array($0) })
    }
}

/// A folder that exists while `body` runs.
func withFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "volumes-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Writes files into a folder under numbered names.
func write(_ files: [Data], to folder: URL) throws {
    for (index, file) in files.enumerated() { try file.write(to: folder.appending(path: "\(index).dcm")) }
}
