import Foundation

/// Reads a regular file of at most `largest` bytes.
func readFile(_ file: URL, largest: Int) throws(DataError) -> Data {
    let name = file.lastPathComponent
    do {
        let values = try file.resolvingSymlinksInPath().resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
        guard values.isRegularFile == true else { throw DataError(.unreadable, name, "this is not a file") }
        guard let size = values.fileSize, size <= largest else {
            throw DataError(.unreadable, name, "the file is larger than \(largest) bytes")
        }
        return try Data(contentsOf: file)
    } catch let error as DataError {
        throw error
    } catch {
        throw DataError(.unreadable, name, "the file cannot be read: \(reason(error))")
    }
}

/// Writes a file through a temporary neighbour and a rename, so that readers see the old or the new one, never half.
func writeWhole(_ data: Data, to file: URL) throws(DataError) {
    let neighbour = file.deletingLastPathComponent()
        .appendingPathComponent(".\(file.lastPathComponent).\(UUID().uuidString).tmp")
    do {
        try data.write(to: neighbour)
        guard rename(neighbour.path, file.path) == 0 else {
            throw DataError(.notWritten, file.lastPathComponent, String(cString: strerror(errno)))
        }
    } catch let error as DataError {
        try? FileManager.default.removeItem(at: neighbour)
        throw error
    } catch {
        try? FileManager.default.removeItem(at: neighbour)
        throw DataError(.notWritten, file.lastPathComponent, "the file cannot be written: \(reason(error))")
    }
}

/// What the system said, in few words.
private func reason(_ error: any Error) -> String {
    let cocoa = error as NSError
    if let posix = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError, posix.domain == NSPOSIXErrorDomain {
        return String(cString: strerror(Int32(truncatingIfNeeded: posix.code)))
    }
    return cocoa.localizedDescription
}
