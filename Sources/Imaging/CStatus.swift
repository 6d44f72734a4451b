import CImaging

/// Runs one call into C and turns its status into an `ImagingError`, with advice added to the library's finding.
func check(
    _ subject: String, _ call: (_ error: UnsafeMutablePointer<ci_error>) -> ci_status
) throws(ImagingError) {
    var error = ci_error()
    let status = call(&error)
    guard status != CI_OK else { return }
    let finding = withUnsafeBytes(of: &error.text) { text in
        String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
    let (code, lead, advice) = explanation(of: status)
    throw ImagingError(code, subject: subject, lead + finding + advice)
}

private func explanation(of status: ci_status) -> (code: ImagingError.Code, lead: String, advice: String) {
    switch status {
    case CI_UNSUPPORTED:
        (.unsupportedFormat, "this kind of picture is not supported (", "); save it as an 8-bit PNG or baseline JPEG")
    case CI_TRUNCATED:
        (.truncated, "the file is cut short (", "); copy or export it again")
    case CI_TOO_LARGE:
        (.tooLarge, "the picture is too large: ", "; scale it down or raise the limit")
    case CI_NO_MEMORY:
        (.memory, "out of memory (", "); close other programs or lower the number of workers")
    case CI_UNREADABLE:
        (.unreadable, "the file cannot be read: ", "; check its name and permissions")
    default:
        (.corrupt, "the file is damaged (", "); copy or export it again")
    }
}
