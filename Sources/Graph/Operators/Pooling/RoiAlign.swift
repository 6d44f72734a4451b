/// Regions of pictures brought to one size by averages, or maxima, of interpolated elements. ONNX `RoiAlign` 16.
///
/// x: [N, C, H, W]; rois: [R, 4], each left, top, right and bottom; batch_indices: [R], the picture of each region;
/// y: [R, C, output_height, output_width].
package struct RoiAlign: OnnxOperator {
    package static let schema = OperatorSchema("RoiAlign", inputs: ["x", "rois", "batch_indices"])

    package enum Mode: String, Sendable, Hashable {
        case avg
        /// Of the four weighed neighbours of every sample, not of their sums.
        case max
    }

    package let mode: Mode
    package let outputHeight: Int
    package let outputWidth: Int
    /// Samples per bin along each axis; as many as a bin has elements when 0.
    package let samplingRatio: Int
    /// What coordinates are multiplied by.
    package let spatialScale: Float
    /// Coordinates of elements are their centres, else their corners and regions have at least one element.
    package let isHalfPixel: Bool

    package init(
        mode: Mode = .avg, outputHeight: Int = 1, outputWidth: Int = 1, samplingRatio: Int = 0, spatialScale: Float = 1,
        isHalfPixel: Bool = true
    ) {
        self.mode = mode
        self.outputHeight = outputHeight
        self.outputWidth = outputWidth
        self.samplingRatio = samplingRatio
        self.spatialScale = spatialScale
        self.isHalfPixel = isHalfPixel
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let text = try reader.string("mode") ?? "avg"
        let standard = reader.opset < 16 ? "output_half_pixel" : "half_pixel"
        let coordinates = try reader.string("coordinate_transformation_mode") ?? standard
        guard let mode = Mode(rawValue: text), ["half_pixel", "output_half_pixel"].contains(coordinates) else {
            throw GraphError(.attribute, reader.type, "mode = \(text), coordinate_transformation_mode = \(coordinates)")
        }
        self.init(
            mode: mode, outputHeight: try reader.int("output_height") ?? 1, outputWidth: try reader.int("output_width") ?? 1,
            samplingRatio: try reader.int("sampling_ratio") ?? 0, spatialScale: try reader.float("spatial_scale") ?? 1,
            isHalfPixel: coordinates == "half_pixel")
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var dims = Dims(self.name)
        let x = try self.unaryType(inputs, ElementTypes.floating)[0]
        try dims.match(x, "N", "C", "H", "W", in: "x")
        let rois = try self.type(inputs, 1)
        try dims.match(rois, "R", "four", in: "rois")
        let indices = try self.type(inputs, 2)
        try dims.match(indices, "R", in: "batch_indices")
        guard dims["four"] == 4, rois.dataType == x.dataType, indices.dataType == .int64 else {
            throw GraphError(.shape, self.name, "rois are \(rois), batch_indices \(indices)")
        }
        let shape = [dims["R"], dims["C"], self.outputHeight, self.outputWidth]
        guard self.outputHeight > 0, self.outputWidth > 0, (0...1024).contains(self.samplingRatio),
            dims["H"] > 0, dims["W"] > 0, TensorType.checkedElementCount(shape, byteCount: 8) != nil
        else { throw GraphError(.attribute, self.name, "makes \(shape) of \(x)") }
        return [TensorType(x.dataType, shape)]
    }

    package var gradient: Gradient { .none(reason: "inference only") }

    package func onnx(opset: Int) -> OnnxSpelling {
        guard opset >= 16 || !self.isHalfPixel else { return .none(reason: "RoiAlign has half pixels from opset 16 on") }
        var attributes: [(name: String, value: OnnxValue)] = [
            ("mode", .string(self.mode.rawValue)), ("output_height", .int(self.outputHeight)),
            ("output_width", .int(self.outputWidth)), ("sampling_ratio", .int(self.samplingRatio)),
            ("spatial_scale", .float(self.spatialScale)),
        ]
        let coordinates = self.isHalfPixel ? "half_pixel" : "output_half_pixel"
        if opset >= 16 { attributes.append(("coordinate_transformation_mode", .string(coordinates))) }
        return .node(OnnxNode(self.name, attributes))
    }
}
