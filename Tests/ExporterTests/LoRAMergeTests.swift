import Architectures
import Exporter
import Graph
import Testing

/// `W' = W + (α/r)·B·A`.
struct LoRAMergeTests {
    private let recipe = ModelRecipe(
        architecture: "vit_tiny_patch16", classes: 2, imageSize: 32, lora: LoRAConfiguration(rank: 2, alpha: 3))

    @Test func numbersByHand() throws {
        let weights = [
            "a.qkv.weight": Tensor([Float(1), 2, 3, 4, 5, 6], shape: [3, 2]),
            "a.qkv.lora_A.weight": Tensor([Float(1), -1, 2, 0.5], shape: [2, 2]),
            "a.qkv.lora_B.weight": Tensor([Float(1), 0, 0, 2, -1, 1], shape: [3, 2]),
            "a.qkv.bias": Tensor([Float(7), 8, 9], shape: [3]),
        ]
        let merged = try LoRAMerge.merged(self.recipe, weights)
        #expect(merged.recipe.lora == nil)
        #expect(merged.weights.keys.sorted() == ["a.qkv.bias", "a.qkv.weight"])
        // B·A = [[1, -1], [4, 1], [1, 1.5]], α/r = 1.5.
        #expect(merged.weights["a.qkv.weight"]?.array(of: Float.self) == [2.5, 0.5, 9, 5.5, 6.5, 8.25])
        #expect(LoRAMerge.adaptedPaths(weights) == ["a.qkv"])
    }

    @Test func roundsOnce() throws {
        // In single precision 1 + 2^-24 is 1 twice over; in double precision both halves count.
        let half = Float(0x1p-24)
        let weights = [
            "qkv.weight": Tensor([Float(1)], shape: [1, 1]),
            "qkv.lora_A.weight": Tensor([half, half], shape: [2, 1]),
            "qkv.lora_B.weight": Tensor([Float(1), 1], shape: [1, 2]),
        ]
        var recipe = self.recipe
        recipe.lora = LoRAConfiguration(rank: 2, alpha: 2)
        #expect(try LoRAMerge.merged(recipe, weights).weights["qkv.weight"]?.array(of: Float.self) == [1 + 0x1p-23])
    }

    @Test func shapesThatDoNotFitAreNamed() throws {
        let weights = [
            "qkv.weight": Tensor([Float(1), 2], shape: [1, 2]),
            "qkv.lora_A.weight": Tensor([Float(1)], shape: [1, 1]),
            "qkv.lora_B.weight": Tensor([Float(1)], shape: [1, 1]),
        ]
        #expect(exportError { _ = try LoRAMerge.merged(self.recipe, weights) }?.subject == "qkv.weight")
    }
}
