import Foundation

/// Where the golden models lie.
enum GoldenFolder {
    static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden/onnx")
}
