/// The attributes that are read, group in the upper and element in the lower 16 bits (DICOM PS3.6).
enum DicomTag {
    static let transferSyntax: UInt32 = 0x0002_0010
    static let modality: UInt32 = 0x0008_0060
    static let sliceThickness: UInt32 = 0x0018_0050
    static let seriesInstance: UInt32 = 0x0020_000E
    static let position: UInt32 = 0x0020_0032
    static let orientation: UInt32 = 0x0020_0037
    static let samplesPerPixel: UInt32 = 0x0028_0002
    static let photometric: UInt32 = 0x0028_0004
    static let planar: UInt32 = 0x0028_0006
    static let frames: UInt32 = 0x0028_0008
    static let rows: UInt32 = 0x0028_0010
    static let columns: UInt32 = 0x0028_0011
    static let pixelSpacing: UInt32 = 0x0028_0030
    static let bitsAllocated: UInt32 = 0x0028_0100
    static let bitsStored: UInt32 = 0x0028_0101
    static let highBit: UInt32 = 0x0028_0102
    static let pixelRepresentation: UInt32 = 0x0028_0103
    static let padding: UInt32 = 0x0028_0120
    static let paddingLimit: UInt32 = 0x0028_0121
    static let windowCenter: UInt32 = 0x0028_1050
    static let windowWidth: UInt32 = 0x0028_1051
    static let rescaleIntercept: UInt32 = 0x0028_1052
    static let rescaleSlope: UInt32 = 0x0028_1053
    static let windowFunction: UInt32 = 0x0028_1056
    static let redDescriptor: UInt32 = 0x0028_1101
    static let redTable: UInt32 = 0x0028_1201
    static let segmentedRedTable: UInt32 = 0x0028_1221
    static let modalityTable: UInt32 = 0x0028_3000
    static let windowTable: UInt32 = 0x0028_3010
    static let floatPixels: UInt32 = 0x7FE0_0008
    static let doublePixels: UInt32 = 0x7FE0_0009
    static let pixels: UInt32 = 0x7FE0_0010

    static let item: UInt32 = 0xFFFE_E000
    static let itemEnd: UInt32 = 0xFFFE_E00D
    static let sequenceEnd: UInt32 = 0xFFFE_E0DD
}
