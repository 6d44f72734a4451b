import Checkpoints
import Foundation
import Graph
import Testing

struct SafetensorsTests {
    @Test func readsEveryTypeThatPythonWrites() throws {
        let contents = try Safetensors.read(GoldenFiles.path("all_types.safetensors"))
        #expect(contents.metadata == ["format": "pt"])
        #expect(contents.tensors.mapValues(Described.init) == (try GoldenFiles.expected("all_types.safetensors")))
        let written: Set<DataType> = [
            .float32, .float64, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool,
        ]
        #expect(Set(contents.tensors.values.map(\.type.dataType)) == written)
    }

    @Test func writesTheBytesThatPythonWrites() throws {
        let directory = try TemporaryDirectory()
        let tensors = try Safetensors.read(GoldenFiles.path("all_types.safetensors")).tensors
        let digest = try Safetensors.write(tensors, to: "\(directory.path)/x.safetensors")
        let written = try AtomicFile.read("\(directory.path)/x.safetensors")
        #expect(written == (try GoldenFiles.bytes("all_types.safetensors")))
        #expect(digest.byteCount == written.count)
        #expect(digest.sha256 == (try sha256(ofFile: "\(directory.path)/x.safetensors")))
        #expect(directory.names == ["x.safetensors"])
    }

    @Test func tensorsOutliveTheirFile() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/x.safetensors"
        try Safetensors.write(["a": Tensor([1, 2, 3] as [Float], shape: [3])], to: path)
        let tensor = try #require(try Safetensors.read(path).tensors["a"])
        try Safetensors.write(["a": Tensor([4, 5, 6] as [Float], shape: [3])], to: path)
        #expect(tensor.array(of: Float.self) == [1, 2, 3])
        #expect(try Safetensors.read(path).tensors["a"]?.array(of: Float.self) == [4, 5, 6])
    }

    @Test func copiesTensorsThatAreNotAligned() throws {
        let directory = try TemporaryDirectory()
        let header = #"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}"#
        let path = try directory.write(Self.file(header, [7] + [0, 0, 0x20, 0x40]), "x")
        let tensor = try #require(try Safetensors.read(path).tensors["f"])
        #expect(tensor.array(of: Float.self) == [2.5])
        #expect(Int(bitPattern: tensor.rawPointer).isMultiple(of: 4))
    }

    struct Refused: CustomTestStringConvertible {
        let testDescription: String
        let header: String
        let code: CheckpointError.Code
        let word: String
        var data = [UInt8](repeating: 0, count: 8)
    }

    static let refused: [Refused] = [
        Refused(testDescription: "unknown type", header: entry("C64", "[1]", "[0,8]"), code: .unsupported, word: "C64"),
        Refused(testDescription: "behind the end", header: entry("F32", "[3]", "[0,12]"), code: .truncated, word: "cut short"),
        Refused(testDescription: "wrong count", header: entry("F32", "[3]", "[0,8]"), code: .malformed, word: "8 bytes"),
        Refused(testDescription: "backwards", header: entry("F32", "[2]", "[8,0]"), code: .malformed, word: "backwards"),
        Refused(testDescription: "negative", header: entry("F32", "[-2]", "[0,8]"), code: .malformed, word: "impossible"),
        Refused(
            testDescription: "overflow", header: entry("F32", "[9223372036854775807,4]", "[0,8]"), code: .malformed, word: "shape"
        ),
        // Zero elements, but the strides would overflow.
        Refused(
            testDescription: "overflow beside zero", header: entry("F32", "[0,4611686018427387904,4]", "[0,0]"),
            code: .malformed, word: "shape", data: []),
        Refused(testDescription: "fraction", header: entry("F32", "[2.0]", "[0,8]"), code: .malformed, word: "shape"),
        Refused(testDescription: "trailing bytes", header: entry("F32", "[1]", "[0,4]"), code: .malformed, word: "follow"),
        Refused(
            testDescription: "overlap",
            header: #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
            code: .malformed, word: "overlaps"),
        Refused(
            testDescription: "gap", header: #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, code: .malformed,
            word: "gap"),
        Refused(
            testDescription: "same name twice",
            header: #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
            code: .malformed, word: "twice"),
        Refused(testDescription: "no object", header: "[1]", code: .malformed, word: "begin with {"),
        Refused(testDescription: "metadata", header: #"{"__metadata__":{"a":1}}"#, code: .malformed, word: "a string"),
        Refused(
            testDescription: "nesting", header: #"{"a":"# + String(repeating: "[", count: 100_000), code: .malformed,
            word: "nested"),
    ]

    static func entry(_ type: String, _ shape: String, _ offsets: String) -> String {
        #"{"a":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
    }

    static func file(_ header: String, _ data: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
    }

    @Test(arguments: refused) func refusesWhatIsWrong(_ example: Refused) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Self.file(example.header, example.data), "x")
        let error = checkpointError { _ = try Safetensors.read(path) }
        #expect(error?.code == example.code, "\(String(describing: error))")
        #expect(error?.message.contains(example.word) == true, "\(String(describing: error))")
    }

    @Test func refusesImpossibleHeaderLengths() throws {
        let directory = try TemporaryDirectory()
        for length in [UInt64.max, 1 << 63, 100_000_001, 100] {
            let start = withUnsafeBytes(of: length.littleEndian) { Array($0) }
            let path = try directory.write(start + Array("{}".utf8), "x")
            #expect(throws: CheckpointError.self) { _ = try Safetensors.read(path) }
        }
        #expect(checkpointError { _ = try Safetensors.read(directory.path) }?.code == .cannotRead)
        #expect(checkpointError { _ = try Safetensors.read("\(directory.path)/none") }?.code == .notFound)
        let empty = try directory.write([], "empty")
        #expect(checkpointError { _ = try Safetensors.read(empty) }?.code == .truncated)
    }
}
