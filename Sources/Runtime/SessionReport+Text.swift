extension SessionReport {
    /// A line for each operator and implementation, the most expensive first, and one with the sums.
    package var operationTable: String {
        let lines = self.operations.map { row in
            self.line(row.seconds, "\(padded(row.operation, to: 28)) \(padded(row.implementation, to: 36))", "x\(row.count)")
        }
        return lines.joined() + self.sums
    }

    /// A line for each of the nodes that took longest, and one with the sums.
    package func slowestNodes(_ count: Int) -> String {
        let nodes = self.nodes.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }.prefix(count)
        let lines = nodes.map { node in
            let operation = "\(node.operation)/\(node.implementation)"
            return self.line(node.seconds, "\(padded(node.name, to: 44)) \(padded(operation, to: 36))", "")
        }
        return lines.joined() + self.sums
    }

    private func line(_ seconds: Double, _ name: String, _ end: String) -> String {
        let share = fixed(100 * seconds / max(self.seconds, 1e-12), digits: 1)
        return "\(name) \(padded(before: fixed(seconds * 1e3, digits: 2), to: 10)) ms \(padded(before: share, to: 5)) % \(end)\n"
    }

    private var sums: String {
        let bytes = [self.weightByteCount, self.packedByteCount, self.arenaByteCount].map { $0 >> 20 }
        return "\(fixed(self.seconds * 1e3, digits: 2)) ms in \(self.nodes.count) nodes; "
            + "weights \(bytes[0]) MiB, packed \(bytes[1]) MiB, arena \(bytes[2]) MiB\n"
    }
}

/// A number that is not negative with so many digits after the point.
private func fixed(_ value: Double, digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let whole = Int((value * Double(scale)).rounded())
    let rest = String(whole % scale)
    return "\(whole / scale).\(String(repeating: "0", count: digits - rest.count))\(rest)"
}

private func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
}

private func padded(before text: String, to width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
}
