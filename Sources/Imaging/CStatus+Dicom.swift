import CDicom

/// Runs one call into CDicom and turns its status into an `ImagingError`, with advice added to the library's finding.
func checkCodec(
    _ subject: String, _ call: (_ error: UnsafeMutablePointer<cd_error>) -> cd_status
) throws(ImagingError) {
    var error = cd_error()
    let status = call(&error)
    guard status != CD_OK else { return }
    let finding = withUnsafeBytes(of: &error.text) { text in
        String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
    let (code, lead, advice) = explanation(of: status)
    throw ImagingError(code, subject: subject, lead + finding + advice)
}

private func explanation(of status: cd_status) -> (code: ImagingError.Code, lead: String, advice: String) {
    switch status {
    case CD_UNSUPPORTED:
        (.unsupportedFormat, "this kind of compression is not supported (", "); export the picture uncompressed")
    case CD_TRUNCATED:
        (.truncated, "the file is cut short (", "); copy or export it again")
    case CD_TOO_LARGE:
        (.tooLarge, "the file is too large: ", "; check where it comes from")
    case CD_NO_MEMORY:
        (.memory, "out of memory (", "); close other programs or lower the number of workers")
    default:
        (.corrupt, "the file is damaged (", "); copy or export it again")
    }
}

/// Inflates `bytes` into at most `capacity` bytes. A stream that holds more is refused, unless only a prefix is wanted.
func inflate(
    _ wrapping: cd_wrapping, _ bytes: ArraySlice<UInt8>, capacity: Int, isPrefix: Bool = false, subject: String
) throws(ImagingError) -> [UInt8] {
    guard !bytes.isEmpty, capacity > 0 else {
        throw ImagingError(.truncated, subject: subject, "the file is cut short (no compressed data); copy or export it again")
    }
    var failure: ImagingError?
    let result = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
        bytes.withUnsafeBufferPointer { source in
            do throws(ImagingError) {
                try checkCodec(subject) { error in
                    let status = cd_inflate(
                        wrapping, source.baseAddress, source.count, buffer.baseAddress, capacity, &initialized, error)
                    return isPrefix && status == CD_TOO_LARGE ? CD_OK : status
                }
            } catch {
                failure = error
            }
        }
    }
    if let failure { throw failure }
    return result
}
