/// The pictures that are to be in an index: those of a folder by their names without extension, or of them those that a CSV names.
struct LabelledPictures: Sendable {
    struct Picture: Sendable, Equatable {
        /// The file's name in the folder.
        var file: String
        var id: String
        var patient: String?
        /// Bit i is label i of the model.
        var labels: UInt64
    }

    /// In the order of their identifiers' bytes.
    private(set) var pictures: [Picture] = []
    /// Pictures of the folder that the CSV does not name.
    private(set) var leftOut = 0
    /// Columns of the CSV that are not used.
    private(set) var unusedColumns: [String] = []

    /// - Parameters:
    ///   - labels: the CSV; without one pictures have no labels and no patients.
    ///   - labelNames: the model's.
    ///   - kind: what the model takes.
    ///   - index: a folder that is not searched for pictures.
    init(
        folder: String, labels: String?, labelNames: [String], kind: PictureList.Kind, index: String
    ) throws(DaemonError) {
        let names = try PictureList.names(in: folder, of: [kind], recursively: true, leavingOut: index)
        guard !names.isEmpty else { throw DaemonError(.file, folder, "has no \(kind.files)") }
        let files = Dictionary(grouping: names, by: PictureList.stem)
        var problems = ProblemList()
        if let labels {
            let table = try LabelFile(path: labels, labelNames: labelNames, problems: &problems)
            for row in table.rows {
                guard let file = Self.file(of: row.id, files, line: row.line, &problems) else { continue }
                self.pictures.append(Picture(file: file, id: row.id, patient: row.patient, labels: row.labels))
            }
            self.unusedColumns = table.unused
            let named = Set(table.rows.map(\.id))
            self.leftOut = names.count { !named.contains(PictureList.stem($0)) }
        } else {
            for id in files.keys.sorted() {
                guard let file = Self.file(of: id, files, line: nil, &problems) else { continue }
                if let fault = identifierFault(id) { problems.add("\(shown(id)): \(fault)") }
                self.pictures.append(Picture(file: file, id: id, patient: nil, labels: 0))
            }
        }
        try problems.raise(about: labels ?? folder)
        self.pictures.sort { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    private static func file(
        of id: String, _ files: [String: [String]], line: Int?, _ problems: inout ProblemList
    ) -> String? {
        guard let found = files[id] else {
            let isWhole = files[PictureList.stem(id)]?.contains(id) == true
            let hint = isWhole ? "; there is a file of exactly this name: leave the extension out" : ""
            problems.add("there is no picture \(shown(id)) in the folder\(hint)", line: line)
            return nil
        }
        guard found.count == 1 else {
            problems.add("the picture \(shown(id)) is there as \(found.map(shown).joined(separator: " and "))", line: line)
            return nil
        }
        return found[0]
    }
}
