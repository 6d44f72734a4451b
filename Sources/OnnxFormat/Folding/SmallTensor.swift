import Graph

/// A constant of a few elements while the sizes of a model are worked out: integers and truth values as `Int`, floating
/// point numbers as `Double`, rounded to their own type after each operation.
struct SmallTensor: Sendable, Equatable {
    enum Elements: Sendable, Equatable {
        case ints([Int])
        case floats([Double])
    }

    /// Most integers that are folded; more are data, not sizes.
    static let mostInts = 1 << 16
    /// Most floating point numbers that are folded: scales and steps, not weights.
    static let mostFloats = 16

    let dataType: DataType
    let shape: [Int]
    let elements: Elements

    /// Nil when an integer does not fit the type or there are too many elements to fold.
    /// The elements are as many as the shape says.
    init?(_ dataType: DataType, _ shape: [Int], _ elements: Elements) {
        switch elements {
        case .ints(let values):
            guard values.count <= Self.mostInts, values.allSatisfy({ Self.fits($0, dataType) }) else { return nil }
            self.elements = elements
        case .floats(let values):
            guard values.count <= Self.mostFloats else { return nil }
            self.elements = dataType == .float32 ? .floats(values.map { Double(Float($0)) }) : elements
        }
        self.dataType = dataType
        self.shape = shape
    }

    /// The elements of a tensor; nil when there are too many or their type takes no part in folding.
    init?(_ tensor: Tensor) {
        let count = tensor.type.elementCount
        guard count <= (tensor.type.dataType.isFoldedFloat ? Self.mostFloats : Self.mostInts) else { return nil }
        let elements: Elements
        switch tensor.type.dataType {
        case .int64: elements = .ints(tensor.array(of: Int64.self).map { Int($0) })
        case .int32: elements = .ints(tensor.array(of: Int32.self).map { Int($0) })
        case .uint8, .bool: elements = .ints(tensor.array(of: UInt8.self).map { Int($0) })
        case .float32: elements = .floats(tensor.array(of: Float.self).map { Double($0) })
        case .float64: elements = .floats(tensor.array(of: Double.self))
        default: return nil
        }
        self.init(tensor.type.dataType, tensor.shape, elements)
    }

    /// As a tensor with memory of its own.
    var tensor: Tensor {
        let tensor = Tensor(zeros: TensorType(self.dataType, self.shape))
        switch (self.elements, self.dataType) {
        case (.ints(let values), .int64): Self.fill(tensor, values) { Int64($0) }
        case (.ints(let values), .int32): Self.fill(tensor, values) { Int32(truncatingIfNeeded: $0) }
        case (.ints(let values), _): Self.fill(tensor, values) { UInt8(truncatingIfNeeded: $0) }
        case (.floats(let values), .float32): Self.fill(tensor, values) { Float($0) }
        case (.floats(let values), _): Self.fill(tensor, values) { $0 }
        }
        return tensor
    }

    var count: Int {
        switch self.elements {
        case .ints(let values): values.count
        case .floats(let values): values.count
        }
    }

    /// The integers, nil for floating point.
    var ints: [Int]? {
        if case .ints(let values) = self.elements { values } else { nil }
    }

    /// The elements as floating point numbers.
    var doubles: [Double] {
        switch self.elements {
        case .ints(let values): values.map { Double($0) }
        case .floats(let values): values
        }
    }

    /// A new shape made of elements of this one, by their indices.
    func picking(_ indices: [Int], shape: [Int]) -> SmallTensor? {
        switch self.elements {
        case .ints(let values): SmallTensor(self.dataType, shape, .ints(indices.map { values[$0] }))
        case .floats(let values): SmallTensor(self.dataType, shape, .floats(indices.map { values[$0] }))
        }
    }

    private static func fits(_ value: Int, _ dataType: DataType) -> Bool {
        switch dataType {
        case .int64: true
        case .int32: Int32(exactly: value) != nil
        case .uint8: UInt8(exactly: value) != nil
        case .bool: value == 0 || value == 1
        default: false
        }
    }

    private static func fill<Source, Element: BitwiseCopyable>(
        _ tensor: Tensor, _ values: [Source], _ convert: (Source) -> Element
    ) {
        unsafe tensor.withElements(as: Element.self) { elements in
            for (index, value) in values.enumerated() { unsafe elements[index] = convert(value) }
        }
    }
}

extension DataType {
    /// Takes part in folding as a floating point number.
    var isFoldedFloat: Bool { self == .float32 || self == .float64 }
}
