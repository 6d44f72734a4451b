import Foundation

/// The pictures of a run, divided into parts.
package struct DataSource: Sendable {
    /// The tables joined: training first, then a separate validation file.
    package let training: PictureSet
    package let validation: PictureSet
    /// The training table with each row's part, as CSV.
    package let splitCSV: String
    package let summary: [SplitSummary]
    /// Equal pictures with different labels or in different parts, where the configuration says to report them.
    package let duplicates: [DataProblem]

    /// Decodes all pictures, so that those that cannot be used are refused together, before training starts.
    package func readAll(progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(DataError) {
        let total = self.training.count + self.validation.count
        let first = self.training.problems { progress($0, total) }
        let second = self.validation.problems { progress(self.training.count + $0, total) }
        try (first + second).raise(about: "pictures")
    }

    /// Reads the tables, finds the pictures and divides by patient; refuses a patient in two parts.
    package init(_ configuration: TrainingConfiguration) throws(DataError) {
        let data = configuration.data
        let scheme = data.labelScheme
        let table = try LabelTable(file: URL(fileURLWithPath: data.csv), scheme: scheme)
        let files = try ImageFolder(URL(fileURLWithPath: data.images)).resolve(table)
        let room = configuration.system.cacheMegabytes << 20
        let duplicates = try DuplicatePictures(files)
        var reported: [DataProblem] = []
        func report(_ problems: [DataProblem], _ subject: String) throws(DataError) {
            guard data.duplicates == .report else { return try problems.raise(about: subject) }
            reported += problems
        }
        func set(_ rows: [LabelRow], _ files: [URL], share: Double) -> PictureSet {
            PictureSet(
                rows: rows, files: files, preprocessing: configuration.image, cacheByteCount: Int(Double(room) * share))
        }
        if let csv = data.validationCsv {
            let held = try LabelTable(file: URL(fileURLWithPath: csv), scheme: scheme)
            try LabelTable.checkApart([table, held])
            let heldFiles = try ImageFolder(URL(fileURLWithPath: data.validationImages ?? data.images)).resolve(held)
            try report(duplicates.conflicts(in: table), table.name)
            do throws(DataError) {
                try DuplicatePictures.checkApart((table, files), (held, heldFiles))
            } catch  where error.code == .leakage {
                try report(error.problems, table.name)
            }
            let parts = [SplitPart](repeating: .train, count: table.rows.count)
            self.training = set(table.rows, files, share: 0.75)
            self.validation = set(held.rows, heldFiles, share: 0.25)
            self.splitCSV = table.csv(parts: parts)
            self.summary =
                SplitSummary.of(table, parts: parts)
                + SplitSummary.of(held, parts: [SplitPart](repeating: .validation, count: held.rows.count))
        } else {
            let parts = try Self.parts(table, data, duplicates)
            try report(duplicates.conflicts(in: table) + duplicates.leaks(in: table, parts: parts), table.name)
            func chosen(_ part: SplitPart) -> [Int] { parts.indices.filter { parts[$0] == part } }
            let (train, held) = (chosen(.train), chosen(.validation))
            self.training = set(train.map { table.rows[$0] }, train.map { files[$0] }, share: 0.75)
            self.validation = set(held.map { table.rows[$0] }, held.map { files[$0] }, share: 0.25)
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
