import Checkpoints
import Foundation
import Graph
import Testing

struct PEFTAdapterTests {
    @Test func readsWhatPEFTWrites() throws {
        let adapter = try PEFTAdapter(directory: GoldenFiles.path("peft"))
        #expect(adapter.layers.keys.sorted() == ["blocks.0.qkv", "blocks.1.qkv"])
        #expect(adapter.layers["blocks.0.qkv"]?.down.shape == [2, 4])
        #expect(adapter.layers["blocks.1.qkv"]?.up.shape == [12, 3])
        #expect(adapter.saved.mapValues(\.shape) == ["classifier.weight": [2, 4], "classifier.bias": [2]])
        #expect(adapter.configuration.scale(of: "blocks.0.qkv") == 2)
        #expect(adapter.configuration.scale(of: "blocks.1.qkv") == 3)
        #expect(adapter.configuration.targets("blocks.1.qkv"))
        #expect(!adapter.configuration.targets("blocks.1.proj"))
        #expect(adapter.configuration.dropout == 0.1)
    }

    @Test func writesTheLayoutOfPEFT() throws {
        let directory = try TemporaryDirectory()
        let adapter = try PEFTAdapter(directory: GoldenFiles.path("peft"))
        try adapter.write(to: directory.path)
        #expect(directory.names == ["adapter_config.json", "adapter_model.safetensors"])
        let written = try AtomicFile.read("\(directory.path)/adapter_model.safetensors")
        #expect(written == (try GoldenFiles.bytes("peft/adapter_model.safetensors")))
        let ours = try JSONValue.parse(AtomicFile.read("\(directory.path)/adapter_config.json"), file: "ours")
        let theirs = try JSONValue.parse(GoldenFiles.bytes("peft/adapter_config.json"), file: "theirs")
        guard case .object(let members) = ours else {
            Issue.record("no object")
            return
        }
        for member in members { #expect(theirs[member.name] == member.value, "\(member.name)") }
        #expect(try PEFTAdapter(directory: directory.path).configuration == adapter.configuration)
    }

    @Test func readsNamesFromMemory() throws {
        let onDisk = try PEFTAdapter(directory: GoldenFiles.path("peft"))
        let tensors = try PyTorchFile(GoldenFiles.path("peft_in_memory.pth")).tensors(under: ["lora"])
        #expect(tensors.keys.contains { $0.contains(".lora_A.default.weight") })
        let adapter = try PEFTAdapter(configuration: onDisk.configuration, tensors: tensors, file: "x.pth")
        #expect(adapter.layers.mapValues { Described($0.up) } == onDisk.layers.mapValues { Described($0.up) })
        #expect(adapter.layers.mapValues { Described($0.down) } == onDisk.layers.mapValues { Described($0.down) })
        #expect(adapter.saved.mapValues(Described.init) == onDisk.saved.mapValues(Described.init))
    }

    static let refused = [
        (#""use_dora": true"#, "use_dora"), (#""lora_bias": true"#, "lora_bias"), (#""bias": "all""#, "bias"),
        (#""rank_pattern": {"a.*": 3}"#, "regular expression"), (#""r": 0"#, "positive"), (#""r": "8""#, "whole number"),
    ]

    @Test(arguments: refused) func refusesWhatItCannotDo(_ option: (String, String)) throws {
        let rank = option.0.contains(#""r""#) ? "" : #""r": 2,"#
        let text = #"{"peft_type": "LORA", \#(rank) "lora_alpha": 4, "target_modules": ["qkv"], \#(option.0)}"#
        let error = checkpointError { _ = try PEFTConfiguration(JSONValue.parse(Array(text.utf8), file: "c"), file: "c") }
        #expect(error?.message.contains(option.1) == true, "\(String(describing: error))")
    }

    @Test func checksRanksAndHalves() throws {
        let configuration = PEFTConfiguration(rank: 2, alpha: 4, targetModules: ["qkv"])
        let down = Tensor(zeros: TensorType(.float32, [2, 4]))
        let up = Tensor(zeros: TensorType(.float32, [4, 3]))
        let names = ("base_model.model.qkv.lora_A.weight", "base_model.model.qkv.lora_B.weight")
        for (tensors, code) in [
            ([names.0: down, names.1: up], CheckpointError.Code.mismatch), ([names.0: down], .missing), ([:], .missing),
            ([names.0: down, "base_model.model.qkv.lora_magnitude_vector": up], .unsupported),
        ] {
            let error = checkpointError { _ = try PEFTAdapter(configuration: configuration, tensors: tensors, file: "x") }
            #expect(error?.code == code)
        }
    }
}
