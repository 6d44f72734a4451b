import Checkpoints
import Foundation
import Graph
import Testing

struct PositionalEmbeddingTests {
    static let cases = [("14_28x28", 28, 28), ("14_8x8", 8, 8), ("14_16x9", 16, 9), ("3_4x4", 4, 4), ("2_3x3", 3, 3)]

    @Test(arguments: cases, [false, true]) func equalsTorch(_ grid: (String, Int, Int), antialias: Bool) throws {
        let tensors = try Safetensors.read(GoldenFiles.path("positions.safetensors")).tensors
        let source = try #require(tensors["\(grid.0).source"])
        let expected = try #require(tensors["\(grid.0).\(antialias ? "timm" : "retfound")"])
        let result = try PositionalEmbedding.resize(source, toGrid: grid.1, grid.2, antialias: antialias)
        #expect(result.type == expected.type)
        let worst = zip(result.array(of: Float.self), expected.array(of: Float.self)).map { abs($0 - $1) }.max() ?? .nan
        // torch computes positions and weights in float32, we in float64.
        #expect(worst <= 5e-6)
    }

    /// The numbers of the specification, row by row.
    @Test func equalsTheFixture() throws {
        let small = Tensor([0, 1, 2, 3, 5] as [Float], shape: [1, 5, 1])
        let grown = try PositionalEmbedding.resize(small, toGrid: 3, 3, antialias: false).array(of: Float.self).dropFirst()
        let expected: [Float] = [0.747119, 1.282986, 1.818854, 1.869792, 2.75, 3.630208, 2.992465, 4.217014, 5.441563]
        for (value, wanted) in zip(grown, expected) { #expect(abs(value - wanted) <= 1e-6) }
        let large = Tensor([0, 1, 2, 4, 3, 5, 6, 0, 7, 8] as [Float], shape: [1, 10, 1])
        let rows: [(Bool, [Float])] = [
            (false, [0.789820, 1.222569, 2.633213, 4.005152]), (true, [0.846012, 1.345552, 2.675767, 4.002729]),
        ]
        for (antialias, wanted) in rows {
            let row = try PositionalEmbedding.resize(large, toGrid: 4, 4, antialias: antialias).array(of: Float.self)[1...4]
            for (value, wanted) in zip(row, wanted) { #expect(abs(value - wanted) <= 1e-6) }
        }
    }

    @Test func refusesOtherShapes() {
        for shape in [[1, 6, 2], [2, 5, 2], [1, 1, 2], [5, 2]] {
            let tensor = Tensor(zeros: TensorType(.float32, shape))
            let error = checkpointError { _ = try PositionalEmbedding.resize(tensor, toGrid: 2, 2, antialias: false) }
            #expect(error?.code == .mismatch)
        }
    }
}

struct WeightMatchingTests {
    static func zeros(_ shape: [Int], _ type: DataType = .float32) -> Tensor { Tensor(zeros: TensorType(type, shape)) }

    static let wanted: [String: TensorType] = [
        "cls_token": TensorType(.float32, [1, 1, 4]), "pos_embed": TensorType(.float32, [1, 10, 4]),
        "blocks.0.norm1.weight": TensorType(.float32, [4]), "head.weight": TensorType(.float32, [5, 4]),
        "head.bias": TensorType(.float32, [5]), "fc_norm.weight": TensorType(.float32, [4]),
    ]

    @Test func followsTheRulesForRETFound() throws {
        let available = [
            "cls_token": Self.zeros([1, 1, 4], .float16), "module.pos_embed": Self.zeros([1, 5, 4]),
            "blocks.0.norm1.weight": Self.zeros([4]), "head.weight": Self.zeros([1000, 4]), "mask_token": Self.zeros([1, 1, 4]),
            "decoder_blocks.0.norm1.weight": Self.zeros([4]), "norm.weight": Self.zeros([4]),
        ]
        let match = try matchWeights(wanted: Self.wanted, available: available, rules: .retfound, file: "mae.pth")
        #expect(match.loaded.keys.sorted() == ["blocks.0.norm1.weight", "cls_token", "pos_embed"])
        #expect(match.loaded.allSatisfy { Self.wanted[$0.key] == $0.value.type })
        #expect(match.missing == ["fc_norm.weight", "head.bias"])
        #expect(match.mismatched.map(\.name) == ["head.weight"])
        #expect(match.unexpected == ["norm.weight"])
    }

    @Test func namesWhatIsMissing() {
        var available = ["cls_tokens": Self.zeros([1, 1, 4]), "pos_embed": Self.zeros([1, 10, 4])]
        available["blocks.0.norm1.weight"] = Self.zeros([4])
        let error = checkpointError {
            _ = try matchWeights(wanted: Self.wanted, available: available, rules: .retfound, file: "x.pth")
        }
        #expect(error?.code == .missing)
        #expect(error?.message == "1 weights are missing: cls_token; nearest names in the file: cls_token -> cls_tokens")
        let many = Dictionary(uniqueKeysWithValues: (0..<14).map { ("layer\($0)", TensorType(.float32, [1])) })
        let long = checkpointError { _ = try matchWeights(wanted: many, available: [:], file: "x.pth") }
        #expect(long?.message.hasSuffix("and 4 more") == true)
    }

    @Test func refusesOtherShapesAndTypes() {
        let wanted = ["w": TensorType(.float32, [2])]
        for tensor in [Self.zeros([3]), Self.zeros([2], .int32)] {
            let error = checkpointError { _ = try matchWeights(wanted: wanted, available: ["w": tensor], file: "x") }
            #expect(error?.code == .mismatch)
            #expect(error?.message.contains("wanted float32[2]") == true)
        }
    }

    @Test func convertsToFloat32() throws {
        let half = Self.zeros([1 << 16], .float16)
        half.withElements(as: UInt16.self) { for index in $0.indices { $0[index] = UInt16(index) } }
        let floats = try #require(half.asFloat32()).array(of: Float.self)
        let wrong = floats.indices.filter { index in
            let expected = Float(Float16(bitPattern: UInt16(index)))
            return expected.isNaN ? !floats[index].isNaN : floats[index].bitPattern != expected.bitPattern
        }
        #expect(wrong == [])
        let brain = Self.zeros([2], .bfloat16)
        brain.withElements(as: UInt16.self) { ($0[0], $0[1]) = (0x3FC0, 0xC000) }
        #expect(brain.asFloat32()?.array(of: Float.self) == [1.5, -2])
        let double = Self.zeros([1], .float64)
        double.withElements(as: Double.self) { $0[0] = 0.1 }
        #expect(double.asFloat32()?.array(of: Float.self) == [0.1])
        #expect(Self.zeros([1], .int64).asFloat32() == nil)
    }

    @Test func hashSeesNamesTypesShapesAndBytes() {
        let base = ["a": Tensor([1, 2] as [Float], shape: [2]), "b": Self.zeros([0, 3])]
        var hashes: Set<String> = [WeightHash.sha256(base)]
        for change: (inout [String: Tensor]) -> Void in [
            { $0["a"] = Tensor([1, 3] as [Float], shape: [2]) }, { $0["a"] = Tensor([1, 2] as [Float], shape: [2, 1]) },
            { $0["c"] = $0.removeValue(forKey: "a") }, { $0["b"] = Self.zeros([0, 4]) },
            { $0["b"] = Self.zeros([0, 3], .int32) },
        ] {
            var changed = base
            change(&changed)
            hashes.insert(WeightHash.sha256(changed))
        }
        #expect(hashes.count == 6)
        let copy = ["a": Tensor([1, 2] as [Float], shape: [2]), "b": Self.zeros([0, 3])]
        #expect(WeightHash.sha256(base) == WeightHash.sha256(copy))
    }
}
