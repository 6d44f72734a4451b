/// JPEG-LS, lossless and near-lossless (ISO/IEC 14495-1): up to 16 bits, one or three components, all three orders of scans.
///
/// Written here because the libraries that Debian offers loop for seconds or for ever on damaged data.
enum JpegLS {
    enum Failure: Error {
        case unsupported(String)
        case corrupt(String)
        case truncated
    }

    /// - Returns: `[height, width, components]`.
    static func decode(
        _ bytes: [UInt8], _ range: Range<Int>, width: Int, height: Int, components: Int
    ) throws(Failure) -> [UInt16] {
        var decoder = Decoder(reader: ByteReader(bytes, range: range, littleEndian: false))
        return try decoder.decode(width: width, height: height, components: components)
    }
}

private struct Decoder {
    var reader: ByteReader
    var preset = JpegLSParameters.Preset()
    var precision = 0
    var names: [UInt8] = []
    var result: [UInt16] = []

    /// Walks over the segments; every scan fills its components of the result.
    mutating func decode(width: Int, height: Int, components: Int) throws(JpegLS.Failure) -> [UInt16] {
        guard self.reader.integer(UInt16.self) == 0xFFD8 else { throw .corrupt("no start of image") }
        self.result = [UInt16](repeating: 0, count: width * height * components)
        var missing = Set(0..<components)
        while !missing.isEmpty {
            guard let marker = self.reader.integer(UInt16.self) else { throw .truncated }
            if marker == 0xFFD9 { throw .truncated }
            guard marker >> 8 == 0xFF, let length = self.reader.integer(UInt16.self), length >= 2 else {
                throw .corrupt("no marker where one must be")
            }
            let end = self.reader.position + Int(length) - 2
            guard end <= self.reader.end else { throw .truncated }
            switch marker {
            case 0xFFF7: try self.frame(width: width, height: height, components: components)
            case 0xFFF8: try self.presets()
            case 0xFFDD: throw .unsupported("JPEG-LS with restart markers")
            case 0xFFE8: try self.transform(end)
            case 0xFFDA:
                missing.subtract(try self.scan(end, width: width, height: height))
                continue
            default: break
            }
            guard self.reader.seek(to: end) else { throw .truncated }
        }
        return self.result
    }

    private mutating func byte() throws(JpegLS.Failure) -> Int {
        guard let value = self.reader.integer(UInt8.self) else { throw .truncated }
        return Int(value)
    }

    private mutating func word() throws(JpegLS.Failure) -> Int {
        guard let value = self.reader.integer(UInt16.self) else { throw .truncated }
        return Int(value)
    }

    private mutating func frame(width: Int, height: Int, components: Int) throws(JpegLS.Failure) {
        self.precision = try self.byte()
        let (rows, columns, count) = (try self.word(), try self.word(), try self.byte())
        guard rows == height, columns == width, count == components else {
            throw .corrupt(
                "the codestream holds \(columns) x \(rows) pixels of \(count) samples, the header says \(width) x \(height) of "
                    + "\(components)")
        }
        guard (2...16).contains(self.precision) else { throw .corrupt("samples of \(self.precision) bits") }
        self.names = []
        for _ in 0..<count {
            self.names.append(UInt8(try self.byte()))
            guard try self.byte() == 0x11 else { throw .unsupported("JPEG-LS with subsampled components") }
            _ = try self.byte()
        }
    }

    private mutating func presets() throws(JpegLS.Failure) {
        guard try self.byte() == 1 else { throw .unsupported("JPEG-LS with mapping tables or sizes of its own") }
        self.preset.maximum = try self.word()
        self.preset.thresholds = [try self.word(), try self.word(), try self.word()]
        self.preset.reset = try self.word()
    }

    /// HP's colour transforms, which are not of the standard.
    private mutating func transform(_ end: Int) throws(JpegLS.Failure) {
        guard end - self.reader.position == 5 else { return }
        let segment = self.reader.bytes[self.reader.position..<end]
        guard segment.starts(with: "mrfx".utf8), segment.last != 0 else { return }
        throw .unsupported("JPEG-LS with a colour transform")
    }

    /// Decodes a scan and gives its components.
    private mutating func scan(_ end: Int, width: Int, height: Int) throws(JpegLS.Failure) -> [Int] {
        guard self.precision > 0 else { throw .corrupt("a scan before the frame") }
        let count = try self.byte()
        var parts: [Int] = []
        for _ in 0..<count {
            let name = UInt8(try self.byte())
            guard let part = self.names.firstIndex(of: name), !parts.contains(part) else {
                throw .corrupt("an unknown component")
            }
            guard try self.byte() == 0 else { throw .unsupported("JPEG-LS with mapping tables or sizes of its own") }
            parts.append(part)
        }
        let (near, order, shift) = (try self.byte(), try self.byte(), try self.byte())
        guard shift == 0 else { throw .unsupported("JPEG-LS with a point transform") }
        guard !parts.isEmpty, order <= 2, (order == 0) == (parts.count == 1), self.reader.position == end else {
            throw .corrupt("a scan's header")
        }
        guard let parameters = JpegLSParameters(precision: self.precision, near: near, preset: self.preset) else {
            throw .corrupt("its parameters")
        }
        let bits = JpegLSBits(self.reader.bytes, end..<self.reader.end)
        var scan = JpegLSScan(parameters, bits, width: width, components: parts.count)
        let stride = self.names.count
        for row in 0..<height {
            guard let lines = scan.line(interleavesSamples: order == 2) else { throw .truncated }
            for (line, part) in zip(lines, parts) {
                var target = row * width * stride + part
                for column in 1...width {
                    self.result[target] = UInt16(truncatingIfNeeded: line[column])
                    target += stride
                }
            }
        }
        try self.skipToMarker(from: scan.position)
        return parts
    }

    /// Padding bits may be left of a scan.
    private mutating func skipToMarker(from position: Int) throws(JpegLS.Failure) {
        let bytes = self.reader.bytes
        var position = position
        while position + 1 < self.reader.end {
            if bytes[position] == 0xFF, bytes[position + 1] >= 0x80 {
                _ = self.reader.seek(to: position)
                return
            }
            position += 1
        }
        throw .truncated
    }
}
