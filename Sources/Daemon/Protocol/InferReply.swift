import Graph
import Pipelines

extension Answer {
    /// The answer to an inference request: JSON, and the bytes of binary outputs behind it.
    init(_ request: InferRequest, card: ModelCard, tensors: [String: Tensor]) throws(DaemonError) {
        var entries: [String] = []
        var binary: [UInt8] = []
        for output in request.outputs {
            guard let tensor = tensors[output.name] else {
                throw DaemonError(.internal, "output \(output.name)", "the model did not give it")
            }
            let type = "\"datatype\":\"\(tensor.type.dataType.wireName)\",\"shape\":[\(commaSeparated(tensor.shape))]"
            let start = "{\"name\":\(quoted(output.name)),\(type)"
            if output.isBinary {
                let bytes = tensor.wireBytes
                entries.append("\(start),\"parameters\":{\"binary_data_size\":\(bytes.count)}}")
                binary += bytes
            } else if let text = tensor.wireText {
                entries.append("\(start),\"data\":[\(text)]}")
            } else {
                throw DaemonError(
                    .unsupported, "output \(output.name)", "has a value that JSON cannot spell; ask for binary data")
            }
        }
        let id = request.id.map { "\"id\":\(quoted($0))," } ?? ""
        let model = "\"model_name\":\(quoted(card.name)),\"model_version\":\"\(card.version)\""
        let json = Array("{\(id)\(model),\"outputs\":[\(entries.joined(separator: ","))]}".utf8)
        if binary.isEmpty {
            self.init(headers: [("Content-Type", "application/json")], body: json)
        } else {
            self.init(
                headers: [("Content-Type", "application/octet-stream"), ("Inference-Header-Content-Length", "\(json.count)")],
                body: json + binary)
        }
    }
}

private func commaSeparated(_ numbers: [Int]) -> String {
    numbers.map(String.init).joined(separator: ",")
}

private func quoted(_ text: String) -> String {
    String(decoding: encodedJSON(text), as: UTF8.self)
}
