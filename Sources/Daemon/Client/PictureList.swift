#if canImport(Glibc)
    import Glibc
#endif

/// Where pictures and volumes are looked for, and which files are taken for some. Hidden files are not taken.
enum PictureList {
    enum Kind: Sendable, CaseIterable {
        /// `.png`, `.jpg`, `.jpeg`, `.dcm`, `.dicom` in any case, and files without an extension that begin as DICOM files do.
        case picture
        /// `.nii` and `.nii.gz` in any case.
        case volume

        /// What is looked for, for errors.
        var files: String { self == .picture ? ".png, .jpg, .jpeg or DICOM file" : ".nii or .nii.gz file" }

        fileprivate var extensions: [String] {
            self == .picture ? [".png", ".jpg", ".jpeg", ".dcm", ".dicom"] : [".nii.gz", ".nii"]
        }

        fileprivate func takes(_ name: String, _ path: String) -> Bool {
            let lowercase = name.lowercased()
            if self.extensions.contains(where: { lowercase.hasSuffix($0) }) { return true }
            // A DICOMDIR is a table of contents.
            guard self == .picture, !name.contains("."), lowercase != "dicomdir" else { return false }
            return firstBytes(path, count: 132).dropFirst(128).elementsEqual("DICM".utf8)
        }
    }

    /// The files of some kinds by name below `folder`, sorted by bytes.
    ///
    /// - Parameters:
    ///   - recursively: Enter subfolders, but no links to some; names then have slashes.
    ///   - other: A folder that is not entered, such as the one that is written.
    static func names(
        in folder: String, of kinds: [Kind] = [.picture], recursively: Bool = false, leavingOut other: String? = nil
    ) throws(DaemonError) -> [String] {
        let excluded = other.flatMap { FileIdentity($0) }
        var names: [String] = []
        var folders = [""]
        while let prefix = folders.popLast() {
            for name in try Self.entries(of: prefix.isEmpty ? folder : "\(folder)/\(prefix)") where !name.hasPrefix(".") {
                let path = "\(folder)/\(prefix)\(name)"
                if recursively, isDirectory(path) {
                    if excluded == nil || FileIdentity(path) != excluded { folders.append("\(prefix)\(name)/") }
                } else if kinds.contains(where: { $0.takes(name, path) }) {
                    names.append(prefix + name)
                }
            }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The name without its extension: what the picture is called in an index.
    static func stem(_ name: String) -> String {
        let file = name.split(separator: "/").last ?? ""
        if file.lowercased().hasSuffix(".nii.gz"), file.count > 7 { return String(name.dropLast(7)) }
        guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return name }
        return String(name.dropLast(file[dot...].count))
    }

    private static func entries(of folder: String) throws(DaemonError) -> [String] {
        guard let stream = unsafe opendir(folder) else {
            throw DaemonError(.file, folder, "cannot be read: \(systemMessage())")
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                    let capacity = unsafe MemoryLayout.size(ofValue: field.pointee)
                    return unsafe field.withMemoryRebound(to: CChar.self, capacity: capacity) { unsafe String(cString: $0) }
                })
        }
        return names
    }
}
