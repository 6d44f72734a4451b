/// What a model takes in memory, and where the time of one run goes.
package struct SessionReport: Sendable {
    /// One node of the plan in one run.
    package struct NodeTime: Sendable {
        package let name: String
        /// The operator's name.
        package let operation: String
        package let implementation: String
        /// Seconds from the beginning of the run.
        package let start: Double
        package let seconds: Double
    }

    /// Bytes of the model's weights, in mapped files.
    package let weightByteCount: Int
    /// Bytes of private memory with weights rearranged for kernels.
    package let packedByteCount: Int
    /// Bytes of intermediate values and scratch of the plans that ran.
    package let arenaByteCount: Int
    /// In the order in which they ran.
    package let nodes: [NodeTime]

    /// Seconds of the whole run.
    package var seconds: Double { self.nodes.reduce(0) { $0 + $1.seconds } }

    /// Number of nodes and seconds by operator and implementation, the most expensive first.
    package var operations: [(operation: String, implementation: String, count: Int, seconds: Double)] {
        var sums: [String: (operation: String, implementation: String, count: Int, seconds: Double)] = [:]
        for node in self.nodes {
            let key = "\(node.operation)/\(node.implementation)"
            let known = sums[key] ?? (node.operation, node.implementation, 0, 0)
            sums[key] = (known.operation, known.implementation, known.count + 1, known.seconds + node.seconds)
        }
        return sums.values.sorted { ($1.seconds, $0.operation) < ($0.seconds, $1.operation) }
    }

    /// The run in the JSON of Chrome's trace viewer (Trace Event Format, complete events, microseconds).
    package var chromeTrace: String {
        let events = self.nodes.map { node in
            "{\"name\":\(quoted(node.name)),\"cat\":\(quoted(node.operation)),\"ph\":\"X\",\"pid\":1,\"tid\":1,"
                + "\"ts\":\(node.start * 1e6),\"dur\":\(node.seconds * 1e6),"
                + "\"args\":{\"implementation\":\(quoted(node.implementation))}}"
        }
        return "{\"traceEvents\":[\(events.joined(separator: ",\n"))],\"displayTimeUnit\":\"ms\"}\n"
    }
}

/// A JSON string.
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
