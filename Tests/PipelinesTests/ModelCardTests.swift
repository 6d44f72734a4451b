import Foundation
import Graph
import Pipelines
import Testing

@Suite struct ModelCardTests {
    /// The card of a package as free JSON.
    private func json(_ change: (inout [String: JSONValue]) -> Void) throws -> [UInt8] {
        let package = try ModelPackage()
        let data = try Data(contentsOf: URL(fileURLWithPath: package.directory + "/card.json"))
        var fields = try JSONDecoder().decode([String: JSONValue].self, from: data)
        change(&fields)
        return [UInt8](try JSONEncoder().encode(fields))
    }

    private func message(_ change: (inout [String: JSONValue]) -> Void) throws -> String {
        let bytes = try json(change)
        let error = #expect(throws: PipelineError.self) { try ModelCard(json: bytes) }
        #expect(error?.code == .card)
        return error?.description ?? ""
    }

    @Test func roundTrip() throws {
        let package = try ModelPackage()
        let card = try ModelCard.load(directory: package.directory)
        #expect(try ModelCard(json: card.encoded()) == card)
        #expect(card.modelSHA256.count == 64)
    }

    @Test func bfloat16IsReadAndItsFiguresAreBelievedOnlyTogether() throws {
        let good = BFloat16Validation(pictures: 200, equalArgmax: 0.995, maxProbabilityDifference: 0.02, goldenTolerance: 0.01)
        #expect(good.status == .passed)
        for validation in [good, BFloat16Validation(reason: "no pictures", goldenTolerance: 0.02), nil] {
            let package = try ModelPackage { $0.bfloat16 = validation }
            let card = try ModelCard.load(directory: package.directory)
            #expect(card.bfloat16 == validation)
            #expect(try ModelCard(json: card.encoded()) == card)
        }
        let bad: [(Int, Double, Double, Double?)] = [
            (200, 0.99, 0, 0.01), (200, 1, 0.021, 0.01), (0, 1, 0, 0.01), (9, 1, 0, 0.2), (9, 1, 0, nil), (9, .nan, 0, 0.01),
        ]
        for (pictures, equal, difference, tolerance) in bad {
            let validation = BFloat16Validation(
                pictures: pictures, equalArgmax: equal, maxProbabilityDifference: difference, goldenTolerance: tolerance)
            #expect(validation.status == .failed)
        }
        func lie(_ status: String, _ fields: [String: JSONValue] = [:]) throws -> String {
            try message { $0["bfloat16"] = .object(fields.merging(["status": .string(status)]) { $1 }) }
        }
        #expect(try lie("passed").contains("bfloat16.status is passed"))
        #expect(try lie("failed").contains("bfloat16.status is failed"))
        #expect(try lie("not_validated", ["pictures": .integer(3)]).contains("bfloat16.pictures"))
        #expect(try lie("not_validated", ["golden_tolerance": .integer(-1)]).contains("bfloat16.golden_tolerance"))
        #expect(try lie("perhaps").contains("bfloat16.status"))
    }

    @Test func aMissingFieldIsNamed() throws {
        #expect(try message { $0["opset"] = nil }.contains("opset is missing"))
        #expect(try message { $0["task"] = nil }.contains("task is missing"))
    }

    @Test func anUnknownFieldIsNamed() throws {
        #expect(try message { $0["opzet"] = .integer(1) }.contains("opzet is unknown"))
        let nested = try message { fields in
            guard case .object(var task) = fields["task"] else { return }
            task["treshold"] = .number(0.5)
            fields["task"] = .object(task)
        }
        #expect(nested.contains("task.treshold is unknown"))
    }

    @Test func aWrongTypeIsNamed() throws {
        #expect(try message { $0["version"] = .string("3") }.contains("version"))
    }

    @Test(arguments: [
        ("name", JSONValue.string("../x")), ("version", .integer(0)), ("format_version", .integer(2)),
        ("golden_samples", .array([])), ("files", .object([:])),
    ])
    func aValueOutOfRangeIsNamed(_ field: String, _ value: JSONValue) throws {
        #expect(try message { $0[field] = value }.contains("field \(field)"))
    }

    @Test func noJSONIsRefused() {
        #expect(throws: PipelineError.self) { try ModelCard(json: Array("{".utf8)) }
        #expect(throws: PipelineError.self) { try ModelCard(json: []) }
    }

    @Test(arguments: ["a", "A-b_c.9", String(repeating: "x", count: 64)])
    func aName(_ name: String) { #expect(ModelCard.isName(name)) }

    @Test(arguments: ["", ".", "..", ".a", "a/b", "a b", "ä", String(repeating: "x", count: 65), "a\0"])
    func noName(_ name: String) { #expect(!ModelCard.isName(name)) }

    /// The generator's numbers, worked out by hand from Vigna's published first output of SplitMix64 for seed 0,
    /// 0xE220A8397B1DCDAF.
    @Test func theGeneratorIsTheDocumentedOne() {
        let input = SeededInput(seed: 0, shape: [1, 1, 1, 1], low: 0, high: 1)
        let expected = Float(Double(UInt64(0xE220_A839_7B1D_CDAF) >> 11) * 0x1p-53)
        #expect(input.tensor().array(of: Float.self) == [expected])
    }

    @Test func aGoldenSampleCanFail() {
        let sample = GoldenSample(input: SeededInput(seed: 1, shape: [1, 1, 1, 1]), outputs: [1, -4], tolerance: 1e-3)
        #expect(sample.mismatch([1, -4]) == nil)
        #expect(sample.mismatch([1.003, -4]) == nil)
        #expect(sample.mismatch([1.005, -4]) != nil)
        #expect(sample.mismatch([.nan, -4]) != nil)
        #expect(sample.mismatch([1, .infinity]) != nil)
        #expect(sample.mismatch([1]) != nil)
        #expect(sample.mismatch([1.03, -4], tolerance: 1e-2) == nil && sample.mismatch([1.05, -4], tolerance: 1e-2) != nil)
        #expect(sample.difference([2, -4]) == 0.25 && sample.difference([1, -4]) == 0)
        #expect(sample.difference([.nan, -4]) == .infinity && sample.difference([1, .nan]) == .infinity)
    }
}
