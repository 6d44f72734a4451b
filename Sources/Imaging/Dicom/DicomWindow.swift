import Foundation

/// Which values of a grey DICOM picture become black and white.
package enum DicomWindow: Sendable, Hashable {
    /// The first window that the file names (0028,1050 and 0028,1051, with its function); `fullRange` where it names none.
    case stored
    /// The smallest value is black and the largest white, padding not counted.
    case fullRange
    /// Linear, in rescaled units (Hounsfield units for CT).
    case linear(center: Double, width: Double)
}

/// From rescaled values to 0...255.
enum GreyWindow: Sendable, Hashable {
    /// `low` becomes 0 and `high` 255.
    case range(low: Double, high: Double)
    /// As PS3.3, C.11.2.1.2 defines it. Made by `window`, which checks the width.
    case function(Function, center: Double, width: Double)

    enum Function: String, Sendable, Hashable {
        case linear = "LINEAR"
        case exact = "LINEAR_EXACT"
        case sigmoid = "SIGMOID"
    }

    /// Nil when the width is not allowed for the function.
    static func window(_ function: Function, center: Double, width: Double) -> GreyWindow? {
        guard center.isFinite, width.isFinite, function == .linear ? width >= 1 : width > 0 else { return nil }
        return .function(function, center: center, width: width)
    }

    func grey(_ value: Double) -> UInt8 {
        let part =
            switch self {
            case .range(let low, let high): high > low ? (value - low) / (high - low) : 0
            case .function(.linear, let center, let width):
                width == 1 ? (value > center - 0.5 ? 1 : 0) : (value - (center - 0.5)) / (width - 1) + 0.5
            case .function(.exact, let center, let width): (value - center) / width + 0.5
            case .function(.sigmoid, let center, let width): 1 / (1 + exp(-4 * (value - center) / width))
            }
        // False for NaN, which huge slopes make.
        guard part > 0 else { return 0 }
        return part < 1 ? UInt8((part * 255 + 0.5).rounded(.down)) : 255
    }
}

extension DicomFile {
    /// The file's own window, nil when it has none.
    func storedWindow() throws(ImagingError) -> GreyWindow? {
        guard let center = try self.decimal(DicomTag.windowCenter), let width = try self.decimal(DicomTag.windowWidth) else {
            if self.has(DicomTag.windowTable) {
                throw self.unsupported("a window given as a table (0028,3010)", "ask for the full range or for a window")
            }
            return nil
        }
        let name = self.string(DicomTag.windowFunction) ?? ""
        guard let function = name.isEmpty ? .linear : GreyWindow.Function(rawValue: name) else {
            throw self.unsupported("this window function (0028,1056)", "ask for the full range or for a window")
        }
        guard let window = GreyWindow.window(function, center: center, width: width) else {
            throw self.corrupt("a window width (0028,1051) that is not positive")
        }
        return window
    }
}
