/// The header of a NIfTI-1 or NIfTI-2 file, both byte orders, checked against the limits before any voxel is read.
struct NiftiHeader: Sendable, Hashable {
    /// The number types that are read; raw values are the format's codes.
    enum DataType: Int, Sendable, Hashable {
        case uint8 = 2
        case int16 = 4
        case int32 = 8
        case float32 = 16
        case float64 = 64
        case int8 = 256
        case uint16 = 512
        case uint32 = 768
        case int64 = 1024
        case uint64 = 1280

        var bytes: Int {
            switch self {
            case .uint8, .int8: 1
            case .int16, .uint16: 2
            case .int32, .uint32, .float32: 4
            case .float64, .int64, .uint64: 8
            }
        }
    }

    /// Bytes that hold either header with its magic.
    static let longest = 540

    var littleEndian: Bool
    var size: VolumeSize
    var type: DataType
    /// Where the voxels start.
    var offset: Int
    /// Slope 1 and intercept 0 where the file asks for none.
    var slope: Double
    var intercept: Double
    var geometry: VolumeGeometry

    var voxelBytes: Int { self.size.count * self.type.bytes }

    init(_ bytes: [UInt8], limits: VolumeLimits, subject: String) throws(ImagingError) {
        let (isSecond, littleEndian) = try Self.version(bytes, subject)
        let fields = NiftiFields(bytes, isSecond: isSecond, littleEndian: littleEndian)
        self.littleEndian = littleEndian
        self.size = try Self.size(fields.dimensions, limits, subject)
        guard let type = DataType(rawValue: fields.dataType) else {
            throw ImagingError(
                .unsupportedFormat, subject: subject,
                "NIfTI data type \(fields.dataType) is not supported; save the volume as int16 or float32")
        }
        self.type = type
        guard let offset = Int(exactly: fields.offset.rounded(.towardZero)), offset >= (isSecond ? 544 : 352),
            offset <= 1 << 30
        else { throw niftiCorrupt("the voxels start inside the header, or nowhere", subject) }
        self.offset = offset
        let isScaled = fields.slope.isFinite && fields.slope != 0
        self.slope = isScaled ? fields.slope : 1
        self.intercept = isScaled && fields.intercept.isFinite ? fields.intercept : 0
        self.geometry = try NiftiPlacement(fields).geometry(self.size, subject)
    }

    private static func version(
        _ bytes: [UInt8], _ subject: String
    ) throws(ImagingError) -> (isSecond: Bool, littleEndian: Bool) {
        var reader = ByteReader(bytes)
        guard let length = reader.integer(UInt32.self) else { throw niftiTruncated(subject) }
        let found: (size: Int, magic: Range<Int>, littleEndian: Bool)
        switch length {
        case 348, UInt32(348).byteSwapped: found = (348, 344..<348, length == 348)
        case 540, UInt32(540).byteSwapped: found = (540, 4..<8, length == 540)
        default:
            throw ImagingError(
                .unsupportedFormat, subject: subject, "not a NIfTI file; only NIfTI-1 and NIfTI-2 volumes are read")
        }
        guard bytes.count >= found.size else { throw niftiTruncated(subject) }
        let isSecond = found.size == 540
        switch bytes[found.magic] {
        case ArraySlice((isSecond ? "n+2\0" : "n+1\0").utf8): return (isSecond, found.littleEndian)
        case ArraySlice((isSecond ? "ni2\0" : "ni1\0").utf8):
            throw ImagingError(
                .unsupportedFormat, subject: subject,
                "the voxels of this NIfTI header are in another file (.hdr and .img); save both as one .nii file")
        default:
            throw ImagingError(.unsupportedFormat, subject: subject, "not a NIfTI file: its magic letters are missing")
        }
    }

    private static func size(
        _ dimensions: [Int], _ limits: VolumeLimits, _ subject: String
    ) throws(ImagingError) -> VolumeSize {
        guard let rank = dimensions.first, (1...7).contains(rank) else {
            throw niftiCorrupt("its number of dimensions", subject)
        }
        let sides = Array(dimensions[1...rank])
        guard sides.allSatisfy({ $0 > 0 }) else { throw niftiCorrupt("a side without voxels", subject) }
        guard rank >= 3, sides.dropFirst(3).allSatisfy({ $0 == 1 }) else {
            let what = rank < 3 ? "a picture of \(rank) dimensions" : "a series of volumes (\(rank) dimensions)"
            throw ImagingError(
                .notAVolume, subject: subject, "this NIfTI file holds \(what); save one volume of three dimensions")
        }
        let allowed = 1...VolumeSize.longestSide
        guard sides.prefix(3).allSatisfy(allowed.contains), sides[0] * sides[1] * sides[2] <= limits.voxels else {
            throw ImagingError(
                .tooLarge, subject: subject,
                "\(sides[2]) x \(sides[1]) x \(sides[0]) voxels are above the limit of \(limits.voxels); "
                    + "crop the volume or raise the limit")
        }
        return VolumeSize(depth: sides[2], height: sides[1], width: sides[0])
    }
}

func niftiTruncated(_ subject: String) -> ImagingError {
    ImagingError(.truncated, subject: subject, "the NIfTI file is cut short; copy or export it again")
}

func niftiCorrupt(_ what: String, _ subject: String) -> ImagingError {
    ImagingError(.corrupt, subject: subject, "the NIfTI header is damaged (\(what)); export it again")
}
