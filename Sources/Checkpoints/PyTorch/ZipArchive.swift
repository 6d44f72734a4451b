/// The directory of a ZIP file with stored members, as `torch.save` writes it; ZIP64 included.
///
/// Every length and offset is checked; members that need unpacking or a password are listed but not readable.
struct ZipArchive {
    /// One member: where its bytes lie in the file.
    struct Member {
        let name: String
        let method: UInt16
        let isEncrypted: Bool
        let byteCount: Int
        let headerOffset: Int
    }

    let members: [String: Member]
    private let file: String

    /// Reads the central directory.
    init(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) {
        self.file = file
        let reader = ByteReader(bytes, file: file)
        let directory = try Self.locateDirectory(reader)
        var members: [String: Member] = [:]
        var position = directory.offset
        for _ in 0..<directory.count {
            let (member, next) = try Self.member(reader, at: position, limit: directory.offset + directory.byteCount)
            guard members.updateValue(member, forKey: member.name) == nil else {
                throw CheckpointError(.malformed, file, "the member \(member.name) occurs twice")
            }
            position = next
        }
        self.members = members
    }

    /// The range of a member's bytes in the file.
    func range(of member: Member, in bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Range<Int> {
        guard !member.isEncrypted else {
            throw CheckpointError(.unsupported, self.file, "the member \(member.name) is encrypted")
        }
        guard member.method == 0 else {
            let method = member.method == 8 ? "deflate" : "method \(member.method)"
            let advice = "torch.save stores its members: repack with `zip -0` or save again from Python"
            throw CheckpointError(.unsupported, self.file, "the member \(member.name) is compressed (\(method)); \(advice)")
        }
        let reader = ByteReader(bytes, file: self.file)
        let what = "the local header of \(member.name)"
        guard try reader.number(at: member.headerOffset, as: UInt32.self, what) == 0x0403_4B50 else {
            throw CheckpointError(.malformed, self.file, "\(what) is not where the directory says")
        }
        let nameLength = Int(try reader.number(at: member.headerOffset + 26, as: UInt16.self, what))
        let extraLength = Int(try reader.number(at: member.headerOffset + 28, as: UInt16.self, what))
        let name = try reader.range(at: member.headerOffset + 30, count: nameLength, what)
        guard name.elementsEqual(member.name.utf8) else {
            throw CheckpointError(.malformed, self.file, "\(what) has another name")
        }
        let start = member.headerOffset + 30 + nameLength + extraLength
        _ = try reader.range(at: start, count: member.byteCount, "the member \(member.name)")
        return start..<start + member.byteCount
    }

    private typealias Directory = (offset: Int, byteCount: Int, count: Int)

    private static func locateDirectory(_ reader: ByteReader) throws(CheckpointError) -> Directory {
        let size = reader.bytes.count
        let what = "the end of the ZIP directory"
        // The record has 22 bytes and a comment of at most 65535.
        var end = size - 22
        while end >= max(0, size - 22 - 65_535) {
            if try reader.number(at: end, as: UInt32.self, what) == 0x0605_4B50 { break }
            end -= 1
        }
        guard end >= max(0, size - 22 - 65_535) else {
            throw CheckpointError(.truncated, reader.file, "the ZIP file has no directory at its end; it is cut short")
        }
        var count = UInt64(try reader.number(at: end + 10, as: UInt16.self, what))
        var byteCount = UInt64(try reader.number(at: end + 12, as: UInt32.self, what))
        var offset = UInt64(try reader.number(at: end + 16, as: UInt32.self, what))
        if count == 0xFFFF || byteCount == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
            guard end >= 20, try reader.number(at: end - 20, as: UInt32.self, what) == 0x0706_4B50 else {
                throw CheckpointError(.malformed, reader.file, "the ZIP64 locator is missing")
            }
            let record = try self.offset(try reader.number(at: end - 12, as: UInt64.self, what), reader)
            guard try reader.number(at: record, as: UInt32.self, what) == 0x0606_4B50 else {
                throw CheckpointError(.malformed, reader.file, "the ZIP64 record is not where the locator says")
            }
            _ = try reader.range(at: record, count: 56, "the ZIP64 record")
            count = try reader.number(at: record + 32, as: UInt64.self, what)
            byteCount = try reader.number(at: record + 40, as: UInt64.self, what)
            offset = try reader.number(at: record + 48, as: UInt64.self, what)
        }
        let start = try self.offset(offset, reader)
        let length = try self.offset(byteCount, reader)
        _ = try reader.range(at: start, count: length, "the ZIP directory")
        // An entry has at least 46 bytes.
        guard count <= UInt64(length / 46) else {
            throw CheckpointError(.malformed, reader.file, "\(count) members do not fit a directory of \(length) bytes")
        }
        return (start, length, Int(count))
    }

    /// A 64-bit field as an offset inside the file.
    private static func offset(_ value: UInt64, _ reader: ByteReader) throws(CheckpointError) -> Int {
        guard value <= UInt64(reader.bytes.count) else {
            throw CheckpointError(.truncated, reader.file, "the ZIP directory points to byte \(value), behind the end")
        }
        return Int(value)
    }

    private static func member(
        _ reader: ByteReader, at position: Int, limit: Int
    ) throws(CheckpointError) -> (member: Member, next: Int) {
        let what = "an entry of the ZIP directory"
        _ = try reader.range(at: position, count: 46, what)
        guard try reader.number(at: position, as: UInt32.self, what) == 0x0201_4B50 else {
            throw CheckpointError(.malformed, reader.file, "\(what) at byte \(position) has no signature")
        }
        let flags = try reader.number(at: position + 8, as: UInt16.self, what)
        let method = try reader.number(at: position + 10, as: UInt16.self, what)
        let packed = try reader.number(at: position + 20, as: UInt32.self, what)
        let unpacked = try reader.number(at: position + 24, as: UInt32.self, what)
        let nameLength = Int(try reader.number(at: position + 28, as: UInt16.self, what))
        let extraLength = Int(try reader.number(at: position + 30, as: UInt16.self, what))
        let commentLength = Int(try reader.number(at: position + 32, as: UInt16.self, what))
        let header = try reader.number(at: position + 42, as: UInt32.self, what)
        let next = position + 46 + nameLength + extraLength + commentLength
        guard next <= limit else { throw CheckpointError(.truncated, reader.file, "\(what) runs over the directory's end") }
        let nameBytes = try reader.range(at: position + 46, count: nameLength, what)
        guard let name = String(validating: nameBytes, as: UTF8.self) else {
            throw CheckpointError(.malformed, reader.file, "a member's name is not UTF-8")
        }
        let extra = try reader.range(at: position + 46 + nameLength, count: extraLength, what)
        let wide = try self.wideFields(extra, [unpacked, packed, header], of: name, file: reader.file)
        guard method != 0 || wide[0] == wide[1] else {
            throw CheckpointError(.malformed, reader.file, "the stored member \(name) has two different sizes")
        }
        let member = Member(
            name: name, method: method, isEncrypted: flags & 1 != 0, byteCount: try self.offset(wide[1], reader),
            headerOffset: try self.offset(wide[2], reader))
        return (member, next)
    }

    /// The 32-bit `fields`, those that are all ones replaced from the ZIP64 extra field, in this order.
    private static func wideFields(
        _ extra: UnsafeRawBufferPointer, _ fields: [UInt32], of name: String, file: String
    ) throws(CheckpointError) -> [UInt64] {
        guard fields.contains(0xFFFF_FFFF) else { return fields.map(UInt64.init) }
        var reader = ByteReader(extra, file: file)
        while extra.count - reader.position >= 4 {
            let kind = try reader.next(UInt16.self, "an extra field")
            let size = Int(try reader.next(UInt16.self, "an extra field"))
            guard kind == 1 else {
                _ = try reader.take(size, "an extra field of \(name)")
                continue
            }
            var wide: [UInt64] = []
            for field in fields {
                wide.append(field == 0xFFFF_FFFF ? try reader.next(UInt64.self, "the ZIP64 field of \(name)") : UInt64(field))
            }
            return wide
        }
        throw CheckpointError(.malformed, file, "the member \(name) lacks its ZIP64 sizes")
    }
}
