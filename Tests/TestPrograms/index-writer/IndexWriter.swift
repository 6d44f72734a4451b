import Graph
import Index
import TestSupport

#if canImport(Glibc)
    import Glibc
#endif

/// A process to be killed: adds batches to an index, builds its snapshot now and then, and says what has been acknowledged.
///
///     index-writer INDEX DIMENSION FIRST SIZE BATCHES [LIMIT]
///
/// Batches FIRST ..< FIRST + BATCHES of SIZE entries each. After batch b one line `added b`; every fifth batch the snapshot is
/// built, every fourth one entry of the batch before is removed (`removed ID`). With LIMIT no file may become larger, in bytes.
/// Errors end the program with status 1 and a line `error CODE`.
@main struct IndexWriter {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst(2).compactMap { Int($0) }
        guard CommandLine.arguments.count >= 6, arguments.count == CommandLine.arguments.count - 2 else {
            Self.say("error usage")
            exit(2)
        }
        if arguments.count > 4 {
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: rlim_t(arguments[4]), rlim_max: rlim_t(arguments[4]))
            setrlimit(__rlimit_resource_t(1), &limit)
        }
        do {
            try Self.write(
                path: CommandLine.arguments[1], dimension: arguments[0], first: arguments[1], size: arguments[2],
                batches: arguments[3])
        } catch {
            Self.say("error \(error.code.rawValue)")
            exit(1)
        }
    }

    private static func write(path: String, dimension: Int, first: Int, size: Int, batches: Int) throws(IndexError) {
        let model = IndexModel(sha256: String(repeating: "a", count: 64), dimension: dimension)
        let index: VectorIndex
        do throws(IndexError) {
            index = try VectorIndex(opening: path)
        } catch {
            guard error.code == .notFound || error.code == .notAnIndex else { throw error }
            index = try VectorIndex.create(at: path, for: model)
        }
        for batch in first..<first + batches {
            _ = try index.add((0..<size).map { Self.entry(batch * size + $0, dimension: dimension) }, from: model)
            Self.say("added \(batch)")
            if batch % 4 == 3 {
                let id = "entry-\((batch - 1) * size)"
                _ = try index.remove(ids: [id])
                Self.say("removed \(id)")
            }
            if batch % 5 == 4 { _ = try index.build() }
        }
    }

    private static func entry(_ number: Int, dimension: Int) -> IndexEntry {
        let tensor = GoldenGenerator.uniform("index-writer.\(number)", shape: [dimension], scale: 1)
        let embedding = tensor.withElements(as: Float.self) { Array($0) }
        return IndexEntry(id: "entry-\(number)", patient: "p\(number / 2)", labels: UInt64(number), embedding: embedding)
    }

    /// One line in one system call, so that it arrives whole or not at all.
    private static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(1, bytes, bytes.count)
    }
}
