/// What is asked about every picture of a folder, and what becomes of the answers.
package protocol FolderVerb: Sendable {
    associatedtype Found: Finding

    /// The end of the request's path with its query.
    var verb: String { get }
    /// Whether pictures in subfolders are asked about too.
    var entersSubfolders: Bool { get }
    /// Whether a failure that is about the model and not the picture ends the run; else each picture has its row.
    var stopsAtModel: Bool { get }

    /// Refuses what cannot be done, before anything is asked or written.
    func check(_ pictures: [String], _ model: ModelSummary) throws(DaemonError)
    /// Whether the rows of a picture that has not changed since an earlier run still hold.
    func holds(_ rows: [ResultRow<Found>], _ model: ModelSummary) -> Bool
    /// Called before a picture is asked about.
    func begin(_ picture: String, _ model: ModelSummary) throws(DaemonError)
    /// What an answer says about a picture, a row for each; files that belong to them are written before this returns.
    func findings(_ answer: Answer, about picture: String, from client: PictureClient) throws(DaemonError) -> [Found]
    /// Lines of the summary about all rows.
    func summary(_ rows: [ResultRow<Found>], _ model: ModelSummary) -> [[String]]
}

extension FolderVerb {
    package var entersSubfolders: Bool { false }
    package var stopsAtModel: Bool { false }

    package func check(_ pictures: [String], _ model: ModelSummary) throws(DaemonError) {}
    package func begin(_ picture: String, _ model: ModelSummary) throws(DaemonError) {}
}
