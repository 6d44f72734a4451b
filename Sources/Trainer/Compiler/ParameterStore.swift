package import Architectures
package import Graph
import Foundation

/// The tensors of a model in training, by name: parameters, buffers and optimizer state.
package struct ParameterStore: Sendable {
    package private(set) var tensors: [String: Tensor] = [:]

    package init() {}

    /// Fresh parameters. Each is drawn from a generator of its own, seeded by the run's seed and the name, so that
    /// adding a layer does not change the others.
    package init(_ specs: [ParameterSpec], seed: UInt64) {
        for spec in specs {
            let tensor = Tensor(zeros: TensorType(.float32, spec.shape))
            var random = NamedRandom(seed: seed, name: spec.name)
            tensor.withElements(as: Float.self) { spec.initializer.fill($0, &random) }
            self.tensors[spec.name] = tensor
        }
    }

    package subscript(_ name: String) -> Tensor? {
        get { self.tensors[name] }
        set { self.tensors[name] = newValue }
    }

    /// Adds zeroed tensors, for optimizer state.
    package mutating func addZeros(_ slots: [(name: String, shape: [Int])]) {
        for slot in slots { self.tensors[slot.name] = Tensor(zeros: TensorType(.float32, slot.shape)) }
    }

    /// Copies values into the tensors that exist, which plans already point to.
    /// - Returns: names without a tensor of that type.
    package func assign(_ values: [String: Tensor]) -> [String] {
        var refused: [String] = []
        for (name, value) in values {
            guard let target = self.tensors[name], target.type == value.type else {
                refused.append(name)
                continue
            }
            target.rawPointer.copyMemory(from: value.rawPointer, byteCount: value.type.byteCount)
        }
        return refused.sorted()
    }
}

/// SplitMix64 seeded by a seed and a name.
private struct NamedRandom: RandomNumberGenerator {
    private var state: UInt64
    private var spare: Float?

    init(seed: UInt64, name: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ (seed &* 0x9E37_79B9_7F4A_7C15)
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.state = hash
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform over `[0, 1)` with 24 bits.
    mutating func uniform() -> Float { Float(self.next() >> 40) * 0x1p-24 }

    /// Standard normal (Box and Muller 1958).
    mutating func normal() -> Float {
        if let spare = self.spare {
            self.spare = nil
            return spare
        }
        let radius = (-2 * Foundation.log(Double(1 - self.uniform()))).squareRoot()
        let angle = 2 * Double.pi * Double(self.uniform())
        self.spare = Float(radius * Foundation.sin(angle))
        return Float(radius * Foundation.cos(angle))
    }
}

extension Initializer {
    fileprivate func fill(_ elements: UnsafeMutableBufferPointer<Float>, _ random: inout NamedRandom) {
        for index in elements.indices {
            switch self {
            case .constant(let value): elements[index] = value
            case .uniform(let bound): elements[index] = (2 * random.uniform() - 1) * bound
            case .normal(let deviation): elements[index] = random.normal() * deviation
            case .truncatedNormal(let deviation):
                var value = random.normal() * deviation
                while abs(value) > 2 { value = random.normal() * deviation }
                elements[index] = value
            }
        }
    }
}
