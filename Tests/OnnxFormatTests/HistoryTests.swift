import Foundation
import Graph
import OnnxFormat
import Testing

/// What was found in other programs that read or write ONNX, each by its number: here it ends in an error.
@Suite struct HistoryTests {
    struct Entry: Sendable, CustomTestStringConvertible {
        let number: String
        let what: String
        let code: OnnxError.Code
        let models: [String]

        var testDescription: String { "\(self.number): \(self.what)" }
    }

    /// Every place of the format that can carry a tensor; each must go through all four checks of a file.
    static let places = [
        "initializer", "constant", "sparse", "sparse_constant", "branch", "branch_initializer", "branch_sparse", "function",
        "function_default",
    ]

    static func models(at layer: String) -> [String] { self.places.map { "\($0)_at_\(layer)" } }

    static let entries = [
        Entry(
            number: "CVE-2022-25882", what: "a relative path leads out of the directory", code: .externalData,
            models: ["parent", "inner_parent", "absolute"] + models(at: "parent")),
        Entry(
            number: "CVE-2024-27318", what: "a path that begins with ./ passes the check for ..", code: .externalData,
            models: ["dot_parent", "inner_parent_stays", "dot", "empty_component", "backslash"]),
        Entry(
            number: "CVE-2026-27489", what: "a directory of the path is a link", code: .externalData,
            models: ["linked_directory"] + models(at: "linked_directory")),
        Entry(
            number: "CVE-2026-34447", what: "the file is a link", code: .externalData, models: ["link"] + models(at: "link")),
        Entry(
            number: "CVE-2026-34446", what: "the file has a second name outside", code: .externalData,
            models: ["hard_link"] + models(at: "hard_link")),
        Entry(
            number: "CVE-2026-34445", what: "unknown keys and huge lengths in external_data", code: .externalData,
            models: [
                "unknown_key", "length_huge", "length_negative", "offset_huge", "offset_negative", "offset_overflow",
                "location_twice", "large_dims",
            ]),
        Entry(
            number: "CVE-2026-28500", what: "a model is fetched from elsewhere: nothing here opens a network address",
            code: .externalData, models: ["url"]),
        Entry(
            number: "ONNX Runtime 1.26.0", what: "values and indices of sparse tensors pass unchecked", code: .externalData,
            models: ["sparse_indices_parent", "sparse_at_parent", "sparse_constant_at_link", "branch_sparse_at_hard_link"]),
        Entry(
            number: "onnx/onnx#7717", what: "four layers of checks, in every place", code: .externalData,
            models: ["parent", "link", "linked_directory", "hard_link", "pipe"].flatMap(models(at:))),
        Entry(
            number: "onnx/onnx#3991, #4400", what: "the first fix looked at initializers only", code: .externalData,
            models: ["any_attribute_parent", "constant_at_parent", "branch_at_parent", "function_at_parent"]),
        Entry(
            number: "onnx/onnx#7686", what: "an absolute path of any length", code: .externalData,
            models: ["absolute", "long_name", "deep"]),
        Entry(
            number: "microsoft/onnxruntime#4349", what: "a node without the inputs that give it a type", code: .node,
            models: ["too_few_inputs", "absent_required", "branch_without_condition", "loop_without_inputs"]),
        Entry(
            number: "microsoft/onnxruntime#4585", what: "an element type that does not exist", code: .unsupported,
            models: ["type_999"]),
        Entry(
            number: "microsoft/onnxruntime#28731", what: "kernels, dilations and ranks of a convolution disagree", code: .node,
            models: [
                "conv_weight_rank", "conv_weight_rank_dilated", "conv_input_rank", "conv_kernel_longer",
                "conv_dilations_shorter", "conv_strides_longer", "conv_pads_shorter", "conv_scalar", "conv_input_scalar",
            ]),
    ]

    static func code(_ model: String, in root: TemporaryDirectory) -> OnnxError.Code? {
        do throws(OnnxError) {
            _ = try OnnxFile.read(root.file("inside/\(model).onnx"), limits: MaliciousTests.limits)
                .graph(binding: ["n": 2], operators: OperatorTable.all)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: entries) func isRefused(_ entry: Entry) throws {
        let root = try MaliciousTests.makeRoot()
        for model in entry.models {
            #expect(Self.code(model, in: root) == entry.code, "\(model)")
        }
    }

    /// The same places work with a file that is as it must be, so that the refusals are about the file.
    @Test(arguments: models(at: "valid")) func aPlainFileIsRead(_ model: String) throws {
        let root = try MaliciousTests.makeRoot()
        #expect(Self.code(model, in: root) == nil)
    }

    @Test("CVE-2024-5187: an archive in place of a model is not unpacked") func archives() throws {
        let root = try MaliciousTests.makeRoot()
        var header = Data(count: 512)
        header.replaceSubrange(0..<12, with: Data("../model.txt".utf8))
        header.replaceSubrange(257..<262, with: Data("ustar".utf8))
        let before = try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
        let path = try root.write(header + Data(count: 1024), "inside/model.tar")
        let error = #expect(throws: OnnxError.self) { try OnnxFile.read(path) }
        #expect(error?.code == .malformed)
        try FileManager.default.removeItem(atPath: path)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted() == before)
    }

    @Test("CVE-2025-51480, onnx/onnx#6959, #7040: what is written replaces names, never what they point to") func writing() throws
    {
        let root = try TemporaryDirectory()
        let secret = Data("unchanged".utf8)
        try root.write(secret, "victim")
        try FileManager.default.createDirectory(atPath: root.file("out"), withIntermediateDirectories: false)
        for name in ["model.onnx", "model.onnx.data"] {
            try FileManager.default.createSymbolicLink(atPath: root.file("out/\(name)"), withDestinationPath: "../victim")
        }
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [1, 512]))
        let w = graph.constant(Tensor([Float](repeating: 2, count: 512), shape: [512]), name: "../victim")
        graph.output("y", try graph.apply(Mul(), x, w))
        _ = try OnnxWriter.write(graph: graph, to: root.file("out"))
        #expect(try root.read("victim") == secret)
        #expect(try OnnxFile.read(root.file("out/model.onnx")).files.count == 2)
        for name in ["../model.onnx", "a/model.onnx", "..", ""] {
            #expect(throws: OnnxError.self) { try OnnxWriter.write(graph: graph, to: root.file("out"), name: name) }
        }
    }
}
