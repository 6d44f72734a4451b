import CImaging

extension Volume {
    /// The same box cut into `size` voxels, float32.
    ///
    /// Trilinear between voxel centres: output voxel i reads at `(i + 0.5) * in / out - 0.5`, edges repeated, without smoothing
    /// before shrinking. This is PyTorch's `interpolate(mode="trilinear", align_corners=False)` and SciPy's
    /// `zoom(order=1, mode="nearest", grid_mode=True)`.
    package func resampled(to size: VolumeSize) throws(ImagingError) -> Volume {
        var failure: ImagingError?
        let values = [Float](unsafeUninitializedCapacity: size.count) { output, count in
            do throws(ImagingError) {
                try check("volume") { error in
                    switch self.voxels {
                    case .int16(let voxels): ci_volume_resize_int16(voxels, self.size.c, output.baseAddress, size.c, error)
                    case .float32(let voxels): ci_volume_resize_float(voxels, self.size.c, output.baseAddress, size.c, error)
                    }
                }
                count = size.count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return Volume(
            size: size, geometry: self.geometry.resized(from: self.size, to: size), voxels: .float32(values),
            padding: nil)
    }
}

extension VolumeSize {
    /// The size as C takes it; sides fit because they are bounded.
    var c: ci_volume_size {
        ci_volume_size(depth: Int32(self.depth), height: Int32(self.height), width: Int32(self.width))
    }
}
