import Checkpoints
import Foundation
import Graph
import Testing

struct PyTorchFileTests {
    @Test(arguments: ["zip.pth", "legacy.pth", "plain.pth", "zip64_misaligned.pth"])
    func readsWhatPyTorchWrites(_ name: String) throws {
        let tensors = try PyTorchFile(GoldenFiles.path(name)).stateDictionary()
        #expect(tensors.mapValues(Described.init) == (try GoldenFiles.expected(name)))
        for tensor in tensors.values {
            #expect(Int(bitPattern: tensor.rawPointer).isMultiple(of: tensor.type.dataType.byteCount))
        }
        #expect(try loadWeights(GoldenFiles.path(name)).mapValues(Described.init) == (try GoldenFiles.expected(name)))
    }

    @Test func contiguousTensorsViewTheMapping() throws {
        let tensors = try PyTorchFile(GoldenFiles.path("zip.pth")).stateDictionary()
        let whole = try #require(tensors["shared.whole"])
        let rows = try #require(tensors["shared.rows"])
        #expect(whole.storage === rows.storage)
        #expect(rows.byteOffset - whole.byteOffset == 6 * 4)
        #expect(tensors["strided.columns"]?.storage !== whole.storage)
    }

    @Test(arguments: ["zip.pth", "legacy.pth"]) func givesTheRestAsData(_ name: String) throws {
        let file = try PyTorchFile(GoldenFiles.path(name))
        let tree = file.tree
        func value(_ keys: String...) throws -> PickleTree.Node {
            var reference = tree.root
            for key in keys { reference = try #require(tree.member(key, of: reference)) }
            return tree[reference]
        }
        guard case .integer(7) = try value("epoch"), case .float(0.25) = try value("best"), case .bool(true) = try value("flag"),
            case .none = try value("nothing"), case .integer(-70000) = try value("negative"),
            case .wideInteger(let big) = try value("big")
        else {
            Issue.record("plain values differ")
            return
        }
        #expect(big == [0, 0, 0, 0, 0, 0, 0, 0, 64])
        guard case .opaque("argparse.Namespace", _, _) = try value("args"), case .float(let rate) = try value("args", "lr"),
            case .opaque(let scalar, _, _) = try value("args", "scale")
        else {
            Issue.record("the namespace differs")
            return
        }
        #expect(rate == 1e-3)
        #expect(scalar.hasSuffix("multiarray.scalar"))
    }

    @Test func findsTensorsUnderKeys() throws {
        let file = try PyTorchFile(GoldenFiles.path("zip.pth"))
        #expect(try file.tensors(under: ["model"])["module.parameter"] != nil)
        let error = checkpointError { _ = try file.tensors(under: ["nothing here"]) }
        #expect(error?.code == .missing)
        #expect(error?.message.contains("optimizer") == true)
    }

    static let refused = [
        "forbidden_system", "forbidden_eval", "forbidden_getattr", "forbidden_stack_global", "forbidden_inst", "forbidden_obj",
        "forbidden_newobj", "forbidden_build", "forbidden_ext", "malformed_call_of_string", "malformed_empty_stack",
        "malformed_memo", "malformed_append", "malformed_outside", "malformed_offset", "malformed_negative_stride",
        "malformed_overflow", "truncated_storage", "tooLarge_expanded",
    ]

    @Test(arguments: refused) func refusesHostilePickles(_ name: String) throws {
        let path = try GoldenFiles.path("\(name).pth")
        let error = checkpointError { _ = try loadWeights(path) }
        #expect(error?.code.rawValue == name.split(separator: "_").first.map(String.init), "\(String(describing: error))")
    }

    @Test func namesWhatItRefuses() throws {
        let system = checkpointError { _ = try PyTorchFile(GoldenFiles.path("forbidden_system.pth")) }
        #expect(system?.message.contains("posix.system") == true)
        #expect(system?.message.contains("byte ") == true)
        let opcode = checkpointError { _ = try PyTorchFile(GoldenFiles.path("forbidden_stack_global.pth")) }
        #expect(opcode?.message.contains("SHORT_BINUNICODE") == true)
        let deflated = checkpointError { _ = try PyTorchFile(GoldenFiles.path("deflated.pth")) }
        #expect(deflated?.code == .unsupported)
        #expect(deflated?.message.contains("deflate") == true)
        #expect(!FileManager.default.fileExists(atPath: "/tmp/this-file-must-not-exist"))
    }

    @Test(arguments: ["odd_cycle.pth", "odd_deep.pth", "odd_doubling.pth", "missing_storage.pth"])
    func survivesOddStructures(_ name: String) throws {
        let error = checkpointError { _ = try loadWeights(GoldenFiles.path(name)) }
        #expect(error?.code == .malformed, "\(String(describing: error))")
    }

    @Test func tellsFilesApartByContent() throws {
        let directory = try TemporaryDirectory()
        for (text, word) in [
            ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"), ("<!DOCTYPE html>", "web page"),
            ("GIF89a......", "neither"),
        ] {
            let path = try directory.write(Array(text.utf8), "weights.pth")
            #expect(checkpointError { _ = try loadWeights(path) }?.message.contains(word) == true)
        }
        let path = try directory.write(GoldenFiles.bytes("all_types.safetensors"), "misnamed.pth")
        #expect(try loadWeights(path).count == 13)
    }
}
