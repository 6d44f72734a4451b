#if canImport(Glibc)
    import Glibc
#endif

/// `dr segment`: the masks of each picture, as grey PNG files of its size with 0 and 255, and a row for each class.
///
/// Masks lie in a folder as the pictures do in theirs: `sub/eye.jpg` has `sub/eye.png`, with several classes
/// `sub/eye.<class>.png`, and with overlays `sub/eye.overlay.png`.
package struct Segmentation: FolderVerb {
    /// Where masks are written.
    let folder: String
    /// Whether the pictures with outlines are written too.
    let overlay: Bool
    /// Where pictures are read.
    let pictures: String
    /// Whether rows of an earlier run are overwritten.
    let restarts: Bool

    /// The name of the rows' file in the folder.
    static let tableName = "results.csv"

    package var verb: String { self.overlay ? "segment?overlay=true" : "segment" }
    package var entersSubfolders: Bool { true }
    package var stopsAtModel: Bool { true }

    /// The name of a class's mask below the folder.
    private func mask(of picture: String, _ name: String, _ model: ModelSummary) -> String {
        guard (model.classNames ?? []).count > 1 else { return "\(PictureList.stem(picture)).png" }
        let safe = name.unicodeScalars.map { $0 == "/" || $0.value < 0x20 ? "_" : String($0) }.joined()
        return "\(PictureList.stem(picture)).\(safe).png"
    }

    private func overlay(of picture: String) -> String { "\(PictureList.stem(picture)).overlay.png" }

    /// Every file that may be written for a picture.
    private func files(of picture: String, _ model: ModelSummary) -> [String] {
        (model.classNames ?? []).map { self.mask(of: picture, $0, model) } + [self.overlay(of: picture)]
    }

    package func check(_ pictures: [String], _ model: ModelSummary) throws(DaemonError) {
        var owners: [String: String] = [:]
        for picture in pictures {
            for file in self.files(of: picture, model) {
                if let other = owners.updateValue(picture, forKey: file) {
                    let reason = "\(printable(other)) and \(printable(picture)) would both have the mask \(printable(file))"
                    throw DaemonError(.file, self.pictures, "\(reason); rename one of them")
                }
            }
        }
        if let source = resolved(self.pictures), let target = resolved(self.folder), "\(source)/".hasPrefix("\(target)/") {
            throw DaemonError(.file, self.folder, "holds the pictures, which masks would overwrite; choose another folder")
        }
        let table = "\(self.folder)/\(Self.tableName)"
        if !self.restarts, FileIdentity(table) == nil,
            pictures.contains(where: { picture in
                self.files(of: picture, model).contains { FileIdentity("\(self.folder)/\($0)") != nil }
            })
        {
            let text = "has pictures of these names that no run of dr segment made; choose another folder, or --restart"
            throw DaemonError(.file, self.folder, text)
        }
        try makeDirectories(self.folder)
    }

    package func holds(_ rows: [ResultRow<SegmentationFinding>], _ model: ModelSummary) -> Bool {
        guard rows[0].status == .ok else { return rows.count == 1 }
        let found = rows.compactMap(\.found)
        return found.map(\.name) == model.classNames
            && (!self.overlay || hasContent("\(self.folder)/\(self.overlay(of: rows[0].file))"))
            && found.allSatisfy { hasContent("\(self.folder)/\($0.mask)") }
    }

    /// What an earlier run wrote for the picture goes first, so that no mask outlives a picture that has changed.
    package func begin(_ picture: String, _ model: ModelSummary) throws(DaemonError) {
        for file in self.files(of: picture, model) {
            guard unsafe unlink("\(self.folder)/\(file)") == 0 || errno == ENOENT || errno == ENOTDIR else {
                throw DaemonError(.file, "\(self.folder)/\(file)", "cannot be replaced: \(systemMessage())")
            }
        }
    }

    package func findings(
        _ answer: Answer, about picture: String, from client: PictureClient
    ) throws(DaemonError) -> [SegmentationFinding] {
        let reply = try client.reply(SegmentReply.self, in: answer)
        guard reply.classes.map(\.name) == client.model.classNames else {
            throw DaemonError(.connection, client.client.path, "the daemon gave masks of other classes than the model has")
        }
        if let slash = picture.lastIndex(of: "/") { try makeDirectories("\(self.folder)/\(picture[..<slash])") }
        if let overlay = reply.overlay {
            try writeWhole([UInt8](overlay), to: "\(self.folder)/\(self.overlay(of: picture))")
        }
        var findings: [SegmentationFinding] = []
        for segmented in reply.classes {
            let mask = self.mask(of: picture, segmented.name, client.model)
            try writeWhole([UInt8](segmented.mask), to: "\(self.folder)/\(mask)")
            findings.append(
                SegmentationFinding(
                    name: segmented.name, area: segmented.area, share: segmented.fraction, threshold: reply.threshold, mask: mask)
            )
        }
        return findings
    }

    package func summary(_ rows: [ResultRow<SegmentationFinding>], _ model: ModelSummary) -> [[String]] {
        (model.classNames ?? []).map { name in
            let areas = rows.compactMap(\.found).filter { $0.name == name }
            return ["with \(name)", "\(areas.count { $0.area > 0 }) of \(areas.count)"]
        }
    }
}

/// Segments the pictures of a folder and its subfolders through the daemon.
package typealias SegmentJob = FolderJob<Segmentation>

extension FolderJob where Verb == Segmentation {
    /// - Parameter options: its `output` is the folder of the masks; rows go to `results.csv` in it.
    package init(_ options: FolderOptions, overlay: Bool = false, progress: @escaping Progress = { _, _ in }) {
        let verb = Segmentation(
            folder: options.output, overlay: overlay, pictures: options.folder, restarts: options.restart)
        self.init(verb, options, output: "\(options.output)/\(Segmentation.tableName)", progress: progress)
    }
}

/// What belongs to one class in a picture.
package struct SegmentationFinding: Finding {
    /// The class.
    package var name: String
    /// In pixels of the picture, and as a share of all.
    package var area: Int
    package var share: Double
    /// Probability above which a pixel belongs to the class.
    package var threshold: Double
    /// The mask's file below the output's folder.
    package var mask: String

    private enum CodingKeys: String, CodingKey {
        case name = "class"
        case area, share, threshold, mask
    }
}

extension SegmentationFinding {
    package static func columns(classes: Int) -> [String] { ["class", "area", "share", "threshold", "mask"] }

    package func cells(classes: Int) -> [String] {
        [CSV.protected(self.name), "\(self.area)", "\(self.share)", "\(self.threshold)", CSV.protected(self.mask)]
    }

    package init?(_ cells: [String: String], classes: Int) {
        guard let name = cells["class"], let area = cells["area"].flatMap({ Int($0) }),
            let share = cells["share"].flatMap({ Double($0) }), let threshold = cells["threshold"].flatMap({ Double($0) }),
            let mask = cells["mask"], !mask.isEmpty
        else { return nil }
        self.init(
            name: CSV.unprotected(name), area: area, share: share, threshold: threshold, mask: CSV.unprotected(mask))
    }
}
