import Graph

/// Tensors from and to the two encodings of the protocol. The callers have bounded the sizes.
extension Tensor {
    /// A tensor of little-endian bytes, row-major, as many as `type` has.
    init(_ type: TensorType, wireBytes: ArraySlice<UInt8>) {
        precondition(wireBytes.count == type.byteCount, "\(wireBytes.count) bytes for \(type)")
        self.init(zeros: type)
        let destination = unsafe UnsafeMutableRawBufferPointer(start: self.rawPointer, count: type.byteCount)
        unsafe destination.copyBytes(from: wireBytes)
    }

    /// The elements as little-endian bytes, row-major.
    var wireBytes: [UInt8] {
        let source = unsafe UnsafeRawBufferPointer(start: self.rawPointer, count: self.type.byteCount)
        defer { withExtendedLifetime(self.storage) {} }
        return unsafe [UInt8](source)
    }

    private init<Element: BitwiseCopyable>(_ type: TensorType, elements: [Element]) {
        self.init(zeros: type)
        unsafe self.withElements(as: Element.self) { destination in
            for (index, element) in elements.enumerated() { unsafe destination[index] = element }
        }
    }

    /// A tensor of JSON elements, flat or nested; nil for an element that is not of the type or out of its range.
    init?(_ type: TensorType, elements: [JSONNode]) {
        switch type.dataType {
        case .float32: self.init(type, elements: elements, { $0.double.map(Float.init) })
        case .float64: self.init(type, elements: elements, { $0.double })
        case .int64: self.init(type, elements: elements, { $0.integer })
        case .int32: self.init(type, elements: elements, { $0.integer.flatMap(Int32.init(exactly:)) })
        case .int16: self.init(type, elements: elements, { $0.integer.flatMap(Int16.init(exactly:)) })
        case .int8: self.init(type, elements: elements, { $0.integer.flatMap(Int8.init(exactly:)) })
        case .uint8: self.init(type, elements: elements, { $0.integer.flatMap(UInt8.init(exactly:)) })
        case .bool: self.init(type, elements: elements, { $0.bool.map { $0 ? UInt8(1) : 0 } })
        case .uint64: self.init(type, elements: elements, { $0.integer.flatMap(UInt64.init(exactly:)) })
        case .uint32: self.init(type, elements: elements, { $0.integer.flatMap(UInt32.init(exactly:)) })
        case .uint16: self.init(type, elements: elements, { $0.integer.flatMap(UInt16.init(exactly:)) })
        default: return nil
        }
    }

    private init?<Element: BitwiseCopyable>(
        _ type: TensorType, elements: [JSONNode], _ convert: (JSONNode) -> Element?
    ) {
        var values: [Element] = []
        values.reserveCapacity(type.elementCount)
        for element in elements {
            let isComplete = element.forEachScalar { scalar in
                guard let value = convert(scalar) else { return false }
                values.append(value)
                return true
            }
            guard isComplete else { return nil }
        }
        guard values.count == type.elementCount else { return nil }
        self.init(type, elements: values)
    }

    /// The elements as JSON text without brackets; nil where JSON has no spelling (NaN, infinities, half precision).
    var wireText: String? {
        switch self.type.dataType {
        case .float32: unsafe self.withElements(as: Float.self) { unsafe joined($0, where: \.isFinite) }
        case .float64: unsafe self.withElements(as: Double.self) { unsafe joined($0, where: \.isFinite) }
        case .int64: unsafe self.withElements(as: Int64.self) { unsafe joined($0) { _ in true } }
        case .int32: unsafe self.withElements(as: Int32.self) { unsafe joined($0) { _ in true } }
        case .int16: unsafe self.withElements(as: Int16.self) { unsafe joined($0) { _ in true } }
        case .int8: unsafe self.withElements(as: Int8.self) { unsafe joined($0) { _ in true } }
        case .uint8: unsafe self.withElements(as: UInt8.self) { unsafe joined($0) { _ in true } }
        case .bool: self.array(of: UInt8.self).map { $0 == 0 ? "false" : "true" }.joined(separator: ",")
        case .uint64: unsafe self.withElements(as: UInt64.self) { unsafe joined($0) { _ in true } }
        case .uint32: unsafe self.withElements(as: UInt32.self) { unsafe joined($0) { _ in true } }
        case .uint16: unsafe self.withElements(as: UInt16.self) { unsafe joined($0) { _ in true } }
        default: nil
        }
    }
}

private func joined<Element: CustomStringConvertible>(
    _ elements: UnsafeMutableBufferPointer<Element>, where isSpelled: (Element) -> Bool
) -> String? {
    var text = ""
    for index in 0..<elements.count {
        let element = unsafe elements[index]
        guard isSpelled(element) else { return nil }
        if !text.isEmpty { text += "," }
        text += element.description
    }
    return text
}

extension JSONNode {
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// How many scalars the node has, arrays opened; objects and null count as one and fit no type.
    var scalarCount: Int {
        switch self {
        case .integers(let values): values.count
        case .numbers(let values): values.count
        case .array(let nodes): nodes.reduce(0) { $0 + $1.scalarCount }
        default: 1
        }
    }

    /// Visits the scalars in order until `body` says no; returns whether all were visited.
    func forEachScalar(_ body: (JSONNode) -> Bool) -> Bool {
        switch self {
        case .integers(let values): values.allSatisfy { body(.integer($0)) }
        case .numbers(let values): values.allSatisfy { body(.number($0)) }
        case .array(let nodes): nodes.allSatisfy { $0.forEachScalar(body) }
        default: body(self)
        }
    }
}
