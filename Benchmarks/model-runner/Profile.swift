import Foundation
import Graph
import Runtime

/// Where the time of a model goes: the mean of a few runs by node.
struct Profile {
    private static let runs = 5
    private struct Row {
        let node: Node
        let implementation: String
        var milliseconds: Double
    }
    private let rows: [Row]

    init(_ session: Session, _ inputs: [String: Tensor]) throws {
        var rows: [Row] = []
        for run in 0..<Self.runs {
            for (index, time) in try session.profile(inputs).enumerated() {
                let share = time.seconds * 1e3 / Double(Self.runs)
                if run == 0 {
                    rows.append(Row(node: time.node, implementation: time.implementation, milliseconds: share))
                } else {
                    rows[index].milliseconds += share
                }
            }
        }
        self.rows = rows
    }

    var totalMs: Double { self.rows.reduce(0) { $0 + $1.milliseconds } }

    /// A line for each operator and implementation, the slowest first.
    func table() -> String {
        let groups = Dictionary(grouping: self.rows) { [$0.node.op.name, $0.implementation] }
            .map { (names: $0.key, count: $0.value.count, milliseconds: $0.value.reduce(0) { $0 + $1.milliseconds }) }
            .sorted { $0.milliseconds > $1.milliseconds }
        let total = max(self.totalMs, 1e-9)
        let lines = groups.map { group in
            let names = zip(group.names, [28, 36]).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
            let numbers = String(
                format: "%10.2f ms %5.1f %%  x%d", group.milliseconds, 100 * group.milliseconds / total, group.count)
            return names.joined(separator: " ") + numbers + "\n"
        }
        return lines.joined() + String(format: "%.2f ms in %d nodes\n", total, self.rows.count)
    }

    /// The nodes in order as a Chrome trace, for chrome://tracing or Perfetto.
    func trace() throws -> Data {
        var start = 0.0
        let events = self.rows.map { row in
            defer { start += row.milliseconds * 1e3 }
            return TraceEvent(
                name: row.node.name, cat: row.node.op.name, ts: start, dur: row.milliseconds * 1e3,
                args: ["implementation": row.implementation])
        }
        return try JSONEncoder().encode(["traceEvents": events])
    }
}

/// A complete event of the trace format; times in microseconds.
private struct TraceEvent: Encodable {
    let name: String
    let cat: String
    var ph = "X"
    let ts: Double
    let dur: Double
    var pid = 1
    var tid = 1
    let args: [String: String]
}
