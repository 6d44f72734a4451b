import Foundation
import Testing

/// A data set of twenty synthetic photographs that a test may spoil.
struct SampleFolder {
    let url: URL

    /// Written once for all tests.
    private static let original = Result {
        let folder = try Programs.sharedFolder()
        let sample = try Programs.run(
            "dr-train", ["sample", folder.path + "/data", "--images", "20", "--size", "64"], in: folder)
        try #require(sample.status == 0, "\(sample.error)")
        return folder.appendingPathComponent("data")
    }

    /// Runs `body` on a copy, which is removed afterwards.
    static func with(_ body: (SampleFolder) throws -> Void) throws {
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("d")
        try FileManager.default.copyItem(at: try self.original.get(), to: data)
        try body(SampleFolder(url: data))
    }

    /// The picture's file, whatever its extension.
    func picture(_ id: String) throws -> URL {
        let images = self.url.appendingPathComponent("images")
        let names = try FileManager.default.contentsOfDirectory(atPath: images.path)
        return images.appendingPathComponent(try #require(names.first { $0.hasPrefix("\(id).") }))
    }

    @discardableResult
    func removePicture(_ id: String) throws -> [String] {
        try FileManager.default.removeItem(at: self.picture(id))
        return []
    }

    /// Changes the lines of `labels.csv`.
    @discardableResult
    func editLabels(_ edit: (inout [String]) -> Void) throws -> [String] {
        let file = self.url.appendingPathComponent("labels.csv")
        var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        edit(&lines)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        return []
    }

    /// A CSV line with another cell.
    static func cells(_ line: String, replacing index: Int, with cell: String) -> String {
        var cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        cells[index] = cell
        return cells.joined(separator: ",")
    }

    /// The first picture, once more under the name of one with another grade.
    func copyPictureToOneOfAnotherGrade() throws {
        let lines = try String(contentsOf: self.url.appendingPathComponent("labels.csv"), encoding: .utf8).split(separator: "\n")
        let rows = lines.dropFirst().map { $0.split(separator: ",") }
        let other = try #require(rows.first { $0[1] != rows[0][1] })
        let copy = try Data(contentsOf: self.picture(String(rows[0][0])))
        try copy.write(to: self.picture(String(other[0])))
    }

    /// A ZIP archive of stored members.
    func writeArchive(_ name: String, _ members: [String: Data]) throws {
        var archive = Data()
        var directory = Data()
        func little<Number: FixedWidthInteger>(_ number: Number) -> Data { withUnsafeBytes(of: number.littleEndian) { Data($0) } }
        for (member, content) in members.sorted(by: { $0.key < $1.key }) {
            let fields =
                little(UInt16(20)) + little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0)) + little(crc32(content))
                + little(UInt32(content.count)) + little(UInt32(content.count)) + little(UInt16(member.utf8.count))
                + little(UInt16(0))
            directory += little(UInt32(0x0201_4B50)) + little(UInt16(20)) + fields + Data(count: 10)
            directory += little(UInt32(archive.count)) + Data(member.utf8)
            archive += little(UInt32(0x0403_4B50)) + fields + Data(member.utf8) + content
        }
        let start = UInt32(archive.count)
        archive += directory + little(UInt32(0x0605_4B50)) + Data(count: 4) + little(UInt16(members.count))
        archive += little(UInt16(members.count)) + little(UInt32(directory.count)) + little(start) + little(UInt16(0))
        try archive.write(to: self.url.appendingPathComponent(name))
    }
}

/// The CRC-32 of PNG and ZIP (ISO 3309).
func crc32(_ bytes: Data) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
}
