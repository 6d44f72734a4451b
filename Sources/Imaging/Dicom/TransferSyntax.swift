/// How a DICOM file's elements and pictures are written: the transfer syntaxes that are read.
package enum TransferSyntax: String, Sendable, Hashable, CaseIterable {
    case implicitLittleEndian = "1.2.840.10008.1.2"
    case explicitLittleEndian = "1.2.840.10008.1.2.1"
    case deflated = "1.2.840.10008.1.2.1.99"
    case explicitBigEndian = "1.2.840.10008.1.2.2"
    case rle = "1.2.840.10008.1.2.5"
    case jpegBaseline = "1.2.840.10008.1.2.4.50"
    case jpegExtended = "1.2.840.10008.1.2.4.51"
    case jpegLossless = "1.2.840.10008.1.2.4.57"
    case jpegLosslessFirstOrder = "1.2.840.10008.1.2.4.70"
    case jpegLS = "1.2.840.10008.1.2.4.80"
    case jpegLSNearLossless = "1.2.840.10008.1.2.4.81"
    case jpeg2000Lossless = "1.2.840.10008.1.2.4.90"
    case jpeg2000 = "1.2.840.10008.1.2.4.91"
    case highThroughputLossless = "1.2.840.10008.1.2.4.201"
    case highThroughputProgression = "1.2.840.10008.1.2.4.202"
    case highThroughput = "1.2.840.10008.1.2.4.203"

    /// What compresses the pictures.
    enum Coding: Sendable, Hashable {
        case native
        case runLength
        case jpeg
        case jpegLS
        case jpeg2000
    }

    var coding: Coding {
        switch self {
        case .implicitLittleEndian, .explicitLittleEndian, .deflated, .explicitBigEndian: .native
        case .rle: .runLength
        case .jpegBaseline, .jpegExtended, .jpegLossless, .jpegLosslessFirstOrder: .jpeg
        case .jpegLS, .jpegLSNearLossless: .jpegLS
        case .jpeg2000Lossless, .jpeg2000, .highThroughputLossless, .highThroughputProgression, .highThroughput: .jpeg2000
        }
    }

    var isExplicit: Bool { self != .implicitLittleEndian }
    var isLittleEndian: Bool { self != .explicitBigEndian }
}
