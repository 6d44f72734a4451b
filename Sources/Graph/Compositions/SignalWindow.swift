#if canImport(Glibc)
    import Glibc
#endif

/// A window that lets a piece of a signal begin and end softly, as a constant.
/// ONNX `HannWindow`, `HammingWindow` and `BlackmanWindow` 17.
package struct SignalWindow: OnnxComposition {
    package static let onnxTypes = ["BlackmanWindow", "HammingWindow", "HannWindow"]

    private let values: [Double]
    private let type: DataType

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let isPeriodic = try reader.int("periodic") ?? 1 != 0
        self.type = try reader.elementType("output_datatype")
        let size = try reader.constantInts(input: 0)?.first ?? 0
        guard (0...(1 << 24)).contains(size) else { throw GraphError(.attribute, reader.type, "size is \(size)") }
        // Coefficients of the cosines of 0, 1 and 2 turns.
        let factors =
            switch reader.type {
            case "HannWindow": [0.5, -0.5, 0]
            case "HammingWindow": [25.0 / 46, -21.0 / 46, 0]
            default: [0.42, -0.5, 0.08]
            }
        let turn = 2 * Double.pi / Double(max(isPeriodic ? size : size - 1, 1))
        self.values = (0..<size).map {
            factors[0] + factors[1] * cos(Double($0) * turn) + factors[2] * cos(Double(2 * $0) * turn)
        }
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        [graph.constant(Tensor(numbers: self.values, TensorType(self.type, [self.values.count])), name: "window")]
    }
}

/// What sums the bins of a spectrum into those that ears tell apart, as a constant. ONNX `MelWeightMatrix` 17.
package struct MelWeightMatrix: OnnxComposition {
    package static let onnxTypes = ["MelWeightMatrix"]

    private let shape: [Int]
    /// The spectrum's bin where each triangle begins, has its peak (the next one's beginning) and ends.
    private let corners: [Int]
    private let type: DataType

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.type = try reader.elementType("output_datatype")
        var numbers: [Double] = []
        for index in 0..<5 {
            guard let number = try reader.constant(input: index)?.scalar, number.isFinite else {
                throw GraphError(.attribute, reader.type, "input \(index) is no number")
            }
            numbers.append(number)
        }
        let (bins, length, rate) = (numbers[0], numbers[1], numbers[2])
        guard (1...4096).contains(bins), (1...Double(1 << 20)).contains(length), rate > 0, numbers[3] >= 0, numbers[4] >= 0
        else { throw GraphError(.attribute, reader.type, "inputs are \(numbers)") }
        func mel(_ hertz: Double) -> Double { 2595 * log10(1 + hertz / 700) }
        let (low, high) = (mel(numbers[3]), mel(numbers[4]))
        let step = (high - low) / (bins + 2)
        self.shape = [Int(length) / 2 + 1, Int(bins)]
        self.corners = (0..<(Int(bins) + 2)).map { index in
            let hertz = 700 * (pow(10, (Double(index) * step + low) / 2595) - 1)
            return Int(min(((Double(Int(length)) + 1) * hertz / rate).rounded(.down), 0x1p30))
        }
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        var values = [Double](repeating: 0, count: self.shape[0] * self.shape[1])
        for bin in 0..<self.shape[1] {
            let (low, peak, high) = (self.corners[bin], self.corners[bin + 1], self.corners[bin + 2])
            for place in 0..<self.shape[0] {
                if place >= peak, place < high {
                    values[place * self.shape[1] + bin] = Double(high - place) / Double(high - peak)
                } else if place == peak {
                    values[place * self.shape[1] + bin] = 1
                } else if place >= low, place < peak {
                    values[place * self.shape[1] + bin] = Double(place - low) / Double(peak - low)
                }
            }
        }
        return [graph.constant(Tensor(numbers: values, TensorType(self.type, self.shape)), name: "weights")]
    }
}

extension OnnxReader {
    /// An attribute that names an element type; float32 where absent.
    fileprivate mutating func elementType(_ name: String) throws(GraphError) -> DataType {
        let code = try self.int(name) ?? DataType.float32.onnxCode
        guard let type = DataType(onnxCode: code) else { throw GraphError(.unsupported, self.type, "\(name) is \(code)") }
        return type
    }
}

extension Tensor {
    /// Numbers as any element type.
    fileprivate init(numbers: [Double], _ type: TensorType) {
        self.init(zeros: type)
        let access = ElementAccess(type.dataType)
        for (index, number) in numbers.enumerated() { access.store(number, self.rawPointer, index) }
    }
}
