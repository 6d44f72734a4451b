import COnnxCheck

/// What was found about a written file's form.
package struct FileCheck: Sendable, Codable, Hashable {
    /// Who checked: `libonnx`, or `dr` for opsets that the linked libonnx does not know.
    package let checkedBy: String
    package let note: String

    /// Checks a model file, external data included, with libonnx's checker and strict shape inference; a newer opset is
    /// left to our own reader, which runs in any case. Throws when the file breaks the standard.
    package static func run(_ path: String, opset: Int) throws(ExportError) -> FileCheck {
        let newest = Int(oc_newest_opset())
        var message = [CChar](repeating: 0, count: 4096)
        let status = oc_check_model(path, &message, message.count)
        let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        switch status {
        case OC_VALID: return FileCheck(checkedBy: "libonnx", note: "checker and shape inference passed")
        case OC_TOO_NEW where opset > newest:
            let note = "the linked libonnx knows opsets up to \(newest); opset \(opset) was checked by dr's own reader"
            return FileCheck(checkedBy: "dr", note: note)
        default: throw ExportError(.invalidFile, "model.onnx", "libonnx refuses the file: \(text)")
        }
    }
}
