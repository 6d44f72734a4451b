/// The fields of both versions of the NIfTI header by name. The header's bytes must all be there.
struct NiftiFields {
    private let bytes: [UInt8]
    private let isSecond: Bool
    private let littleEndian: Bool

    init(_ bytes: [UInt8], isSecond: Bool, littleEndian: Bool) {
        self.bytes = bytes
        self.isSecond = isSecond
        self.littleEndian = littleEndian
    }

    /// The number of dimensions and seven sides.
    var dimensions: [Int] {
        (0..<8).map { self.isSecond ? Int(self.number(16 + $0 * 8, Int64.self)) : Int(self.number(40 + $0 * 2, Int16.self)) }
    }

    var dataType: Int { Int(self.number(self.isSecond ? 12 : 70, Int16.self)) }
    var offset: Double { self.isSecond ? Double(self.number(168, Int64.self)) : self.real(108, 0) }
    var slope: Double { self.real(112, 176) }
    var intercept: Double { self.real(116, 184) }
    /// The sign of the third axis and seven distances.
    var distances: [Double] { (0..<8).map { self.real(76 + $0 * 4, 104 + $0 * 8) } }
    var units: Int { self.isSecond ? Int(self.number(500, Int32.self)) : Int(self.number(123, UInt8.self)) }
    var quaternionCode: Int { self.isSecond ? Int(self.number(344, Int32.self)) : Int(self.number(252, Int16.self)) }
    var matrixCode: Int { self.isSecond ? Int(self.number(348, Int32.self)) : Int(self.number(254, Int16.self)) }
    var quaternion: [Double] { (0..<3).map { self.real(256 + $0 * 4, 352 + $0 * 8) } }
    var quaternionOrigin: [Double] { (0..<3).map { self.real(268 + $0 * 4, 376 + $0 * 8) } }
    /// Three rows of four.
    var matrix: [Double] { (0..<12).map { self.real(280 + $0 * 4, 400 + $0 * 8) } }

    private func number<Value: FixedWidthInteger>(_ offset: Int, _ type: Value.Type) -> Value {
        var reader = ByteReader(self.bytes, range: offset..<self.bytes.count, littleEndian: self.littleEndian)
        return reader.integer(Value.self) ?? 0
    }

    /// float32 in the first version, float64 in the second.
    private func real(_ first: Int, _ second: Int) -> Double {
        self.isSecond
            ? Double(bitPattern: self.number(second, UInt64.self)) : Double(Float(bitPattern: self.number(first, UInt32.self)))
    }
}
