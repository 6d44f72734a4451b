extension DicomFile {
    /// The parts of the file that hold one compressed picture.
    func frameData(_ index: Int, _ pixels: DicomPixels) throws(ImagingError) -> ArraySlice<Range<Int>> {
        guard let table = self.items.first, self.items.count > 1 else {
            throw self.corrupt("the compressed picture has no data")
        }
        let parts = self.items.dropFirst()
        if pixels.frames == 1 { return parts }
        if parts.count == pixels.frames { return parts.dropFirst(index).prefix(1) }
        // More parts than pictures: the table says at which part each picture starts, counted from the end of the table.
        var reader = ByteReader(self.bytes, range: table)
        var starts: [Int] = []
        while let offset = reader.integer(UInt32.self) { starts.append(Int(offset)) }
        guard starts.count == pixels.frames else {
            throw self.unsupported("a multi-frame picture in \(parts.count) parts without an offset table", "export it again")
        }
        let origin = table.upperBound
        let first = starts[index] + origin
        let end = index + 1 < starts.count ? starts[index + 1] + origin : Int.max
        // An item's header has 8 bytes.
        let wanted = parts.filter { $0.lowerBound - 8 >= first && $0.lowerBound - 8 < end }
        guard let start = wanted.first, start.lowerBound - 8 == first else {
            throw self.corrupt("the offset table does not point at a picture")
        }
        return ArraySlice(wanted)
    }

    /// The parts as one piece, without copying when there is only one.
    func joined(_ parts: ArraySlice<Range<Int>>) -> (bytes: [UInt8], range: Range<Int>) {
        if parts.count == 1, let only = parts.first { return (self.bytes, only) }
        var data: [UInt8] = []
        data.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        for part in parts { data.append(contentsOf: self.bytes[part]) }
        return (data, 0..<data.count)
    }
}

/// The codestream inside a JP2 file, which some writers store instead of it; everything else is given back as it is.
func codestream(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    let signature: [UInt8] = [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20]
    guard bytes[range].starts(with: signature) else { return range }
    var reader = ByteReader(bytes, range: range, littleEndian: false)
    while let length = reader.integer(UInt32.self), let type = reader.integer(UInt32.self) {
        // "jp2c"; a length of 0 reaches to the end.
        if type == 0x6A70_3263 {
            let end = length == 0 ? range.upperBound : min(range.upperBound, reader.position + max(Int(length) - 8, 0))
            return reader.position..<max(end, reader.position)
        }
        guard length >= 8, reader.skip(Int(length) - 8) else { break }
    }
    return range
}
