/// One thing that is wrong with a data set, with its place.
package struct DataProblem: Sendable, Equatable, CustomStringConvertible {
    package let code: DataError.Code
    /// The file's name, without its folder.
    package let file: String
    /// Lines and columns (characters) count from 1; nil where the problem has no such place.
    package let line: Int?
    package let column: Int?
    /// The name of the CSV column, where one is at fault.
    package let field: String?
    package let message: String

    package init(
        _ code: DataError.Code, file: String, line: Int? = nil, column: Int? = nil, field: String? = nil, _ message: String
    ) {
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        self.message = message
    }

    /// `file:line:column: field: message`.
    package var description: String {
        let place = [self.file, self.line.map(String.init), self.column.map(String.init)].compactMap(\.self)
        return ([place.joined(separator: ":"), self.field].compactMap(\.self) + [self.message]).joined(separator: ": ")
    }
}

/// Why a data set cannot be used: every problem found, up to ``largestReport``.
package struct DataError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case unreadable, malformedCSV, missingColumn, duplicateColumn, fieldCount, blankLine, noRows
        case badIdentifier, badLabel, badSplit, duplicateIdentifier, patientInTwoSplits
        case missingImage, ambiguousImage, conflictingLabels, leakage
        case badFractions, badSetting, tooFewCases, notWritten
    }

    /// At most this many problems are listed; the rest is counted.
    package static let largestReport = 20

    /// The first problem's code.
    package let code: Code
    /// The file, folder or setting at fault.
    package let subject: String
    /// All listed problems, one a line.
    package let message: String
    /// The listed problems in the order of their places.
    package let problems: [DataProblem]

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
        self.problems = [DataProblem(code, file: subject, message)]
    }

    /// An error of several problems, of which there is at least one.
    package init(_ subject: String, problems: [DataProblem]) {
        precondition(!problems.isEmpty, "an error needs a problem")
        let listed = Array(problems.prefix(DataError.largestReport))
        let rest = problems.count - listed.count
        self.code = listed[0].code
        self.subject = subject
        self.message = (listed.map(\.description) + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "\n")
        self.problems = listed
    }

    package var description: String {
        self.problems.count == 1 && self.problems[0].line == nil ? "\(self.subject): \(self.message)" : self.message
    }
}

extension Array where Element == DataProblem {
    /// Throws the problems, if there are any, as one error about `subject`.
    func raise(about subject: String) throws(DataError) {
        if !self.isEmpty { throw DataError(subject, problems: self) }
    }
}
