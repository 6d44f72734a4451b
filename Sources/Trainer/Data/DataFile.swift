import Checkpoints
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

/// Writes a file that exists whole or not at all.
func writeWhole(_ data: Data, to file: URL) throws(DataError) {
    do {
        try AtomicFile.write(Array(data), to: file.path)
    } catch {
        throw DataError(.notWritten, file.lastPathComponent, error.message)
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
