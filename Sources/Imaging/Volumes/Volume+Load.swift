#if canImport(Glibc)
    import Glibc
#endif

extension Volume {
    /// Reads a NIfTI file, or the one DICOM series of a folder. Errors name `path`.
    package static func load(path: String, limits: VolumeLimits = .standard) throws(ImagingError) -> Volume {
        var status = stat()
        let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        return isFolder ? try self.loadDicom(folder: path, limits: limits) : try self.loadNifti(path: path, limits: limits)
    }
}
