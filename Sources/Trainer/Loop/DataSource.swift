import Foundation

/// The pictures of a run, divided into parts.
package struct DataSource: Sendable {
    /// The tables joined: training first, then a separate validation file.
    package let training: LabelledFiles
    package let validation: LabelledFiles
    /// The training table with each row's part, as CSV.
    package let splitCSV: String
    package let summary: [SplitSummary]
    /// Equal pictures with different labels or in different parts, where the configuration says to report them.
    package let duplicates: [DataProblem]

    /// Reads the tables, finds the pictures and divides by patient; refuses a patient in two parts.
    package init(_ configuration: TrainingConfiguration) throws(DataError) {
        let data = configuration.data
        let scheme = data.labelScheme
        let table = try LabelTable(file: URL(fileURLWithPath: data.csv), scheme: scheme)
        let content = configuration.content
        let files = try ImageFolder(URL(fileURLWithPath: data.images), of: content).resolve(table)
        let duplicates = try DuplicatePictures(files)
        var reported: [DataProblem] = []
        func report(_ problems: [DataProblem], _ subject: String) throws(DataError) {
            guard data.duplicates == .report else { return try problems.raise(about: subject) }
            reported += problems
        }
        if let csv = data.validationCsv {
            let held = try LabelTable(file: URL(fileURLWithPath: csv), scheme: scheme)
            try LabelTable.checkApart([table, held])
            let heldFiles = try ImageFolder(
                URL(fileURLWithPath: data.validationImages ?? data.images), of: content
            ).resolve(held)
            try report(duplicates.conflicts(in: table), table.name)
            do throws(DataError) {
                try DuplicatePictures.checkApart((table, files), (held, heldFiles))
            } catch  where error.code == .leakage {
                try report(error.problems, table.name)
            }
            let parts = [SplitPart](repeating: .train, count: table.rows.count)
            self.training = LabelledFiles(rows: table.rows, files: files)
            self.validation = LabelledFiles(rows: held.rows, files: heldFiles)
            self.splitCSV = table.csv(parts: parts)
            self.summary =
                SplitSummary.of(table, parts: parts)
                + SplitSummary.of(held, parts: [SplitPart](repeating: .validation, count: held.rows.count))
        } else {
            let parts = try Self.parts(table, data, duplicates)
            try report(duplicates.conflicts(in: table) + duplicates.leaks(in: table, parts: parts), table.name)
            func chosen(_ part: SplitPart) -> [Int] { parts.indices.filter { parts[$0] == part } }
            func part(_ part: SplitPart) -> LabelledFiles {
                LabelledFiles(rows: chosen(part).map { table.rows[$0] }, files: chosen(part).map { files[$0] })
            }
            self.training = part(.train)
            self.validation = part(.validation)
            self.splitCSV = table.csv(parts: parts)
            self.summary = SplitSummary.of(table, parts: parts)
        }
        self.duplicates = reported
        guard self.training.count > 0 else { throw DataError(.tooFewCases, table.name, "no picture is left for training") }
    }

    /// The table's own `split` column where every row has it, else a division by patient that keeps equal pictures together.
    private static func parts(
        _ table: LabelTable, _ data: TrainingConfiguration.DataSection, _ duplicates: DuplicatePictures
    ) throws(DataError) -> [SplitPart] {
        let given = table.rows.compactMap(\.part)
        if given.count == table.rows.count { return given }
        guard given.isEmpty else {
            throw DataError(.badSplit, table.name, "\(table.rows.count - given.count) rows have no split, others have one")
        }
        return try PatientSplit(train: 1 - data.validationShare, validation: data.validationShare, seed: data.splitSeed)
            .assign(table.rows, linked: duplicates.groups)
    }
}
