import Foundation
import OnnxFormat
import Testing

/// Small files that stand for much are refused before they are decoded.
@Suite struct LimitTests {
    private static func varint(_ value: Int) -> Data {
        var value = value
        var result = Data()
        while value >= 0x80 {
            result.append(UInt8(value & 0x7F | 0x80))
            value >>= 7
        }
        return result + [UInt8(value)]
    }

    /// A length-delimited field.
    private static func field(_ number: Int, _ value: Data) -> Data {
        self.varint(number << 3 | 2) + self.varint(value.count) + value
    }

    private static func model(_ graph: Data) -> Data { Data([0x08, 8]) + self.field(7, graph) }

    private static func code(_ bytes: Data, _ limits: OnnxLimits = OnnxLimits()) throws -> OnnxError.Code? {
        let root = try TemporaryDirectory()
        let path = try root.write(bytes, "model.onnx")
        do throws(OnnxError) {
            _ = try OnnxFile.read(path, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func countsEndAtTheirLimits() throws {
        let node = Self.field(1, Data())
        let attribute = Self.field(1, Self.field(5, Data()))
        let tensor = Self.field(5, Data())
        let name = Self.field(1, Self.field(1, Data("a".utf8)))
        for (part, limits) in [
            (node, OnnxLimits { $0.nodes = 4 }), (attribute, OnnxLimits { $0.attributes = 4 }),
            (tensor, OnnxLimits { $0.tensors = 4 }), (name, OnnxLimits { $0.names = 4 }),
        ] {
            let parts = (0..<5).reduce(Data()) { bytes, _ in bytes + part }
            #expect(try Self.code(Self.model(parts), limits) == .tooLarge)
            #expect(try Self.code(Self.model(parts.prefix(4 * part.count)), limits) != .tooLarge)
        }
    }

    @Test func namesEndAtTheirLimit() throws {
        let long = Self.field(1, Self.field(1, Data(repeating: 97, count: 5000)))
        #expect(try Self.code(Self.model(long)) == .tooLarge)
    }

    /// Empty messages take two bytes in a file and hundreds in memory.
    @Test func emptyMessages() throws {
        let entries = (0..<20_000).reduce(into: Data()) { bytes, _ in bytes += Self.field(11, Data()) }
        #expect(entries.count == 40_000)
        #expect(try Self.code(Self.model(entries), OnnxLimits { $0.expandedBytes = 1 << 20 }) == .tooLarge)
    }

    /// A number in a packed list takes one byte in a file and eight in memory.
    @Test func packedNumbers() throws {
        let tensor = Self.field(5, Self.field(7, Data(count: 200_000)))
        #expect(try Self.code(Self.model(tensor), OnnxLimits { $0.expandedBytes = 1 << 20 }) == .tooLarge)
        // Numbers of fixed width take no more than in the file.
        let floats = Self.field(5, Self.field(4, Data(count: 2_000_000)))
        #expect(try Self.code(Self.model(floats), OnnxLimits { $0.expandedBytes = 1 << 20 }) == .malformed)
    }

    /// The decoder makes room for each packed list anew.
    @Test func manyPackedLists() throws {
        let lists = (0..<1000).reduce(into: Data()) { bytes, _ in bytes += Self.field(7, Data([1])) }
        #expect(try Self.code(Self.model(Self.field(5, lists))) == .tooLarge)
    }

    @Test func depthEndsBeforeTheStack() throws {
        var nested = Data()
        for _ in 0..<400 { nested = Self.field(9, Self.field(1, nested)) }
        #expect(try Self.code(Self.model(Self.field(11, Self.field(1, Data("x".utf8)) + Self.field(2, nested)))) == .tooLarge)
    }

    @Test func lengthsBeyondTheFile() throws {
        for length in [1, 100, 1 << 31, 1 << 40, Int.max] {
            #expect(try Self.code(Data([0x08, 8, 0x3A]) + Self.varint(length)) == .malformed)
        }
        #expect(try Self.code(Data([0x08, 8, 0x3A]) + Data(repeating: 0xFF, count: 20)) == .malformed)
    }
}
