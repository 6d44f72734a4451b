/// The checksum XXH64 with seed 0, as `xxhsum -H64` prints it (Collet, "xxHash fast digest algorithm", version 0.1.1).
func xxh64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var lanes = (prime1 &+ prime2, prime2, UInt64(0), 0 &- prime1)
    var position = 0
    func next() -> UInt64 {
        defer { position += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
    while bytes.count - position >= 32 {
        lanes.0 = round(lanes.0, next())
        lanes.1 = round(lanes.1, next())
        lanes.2 = round(lanes.2, next())
        lanes.3 = round(lanes.3, next())
    }
    var hash = prime5
    if bytes.count >= 32 {
        hash = rotated(lanes.0, 1) &+ rotated(lanes.1, 7) &+ rotated(lanes.2, 12) &+ rotated(lanes.3, 18)
        for lane in [lanes.0, lanes.1, lanes.2, lanes.3] { hash = (hash ^ round(0, lane)) &* prime1 &+ prime4 }
    }
    hash &+= UInt64(bytes.count)
    while bytes.count - position >= 8 { hash = rotated(hash ^ round(0, next()), 27) &* prime1 &+ prime4 }
    if bytes.count - position >= 4 {
        let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        hash = rotated(hash ^ UInt64(word) &* prime1, 23) &* prime2 &+ prime3
        position += 4
    }
    for byte in bytes[position...] { hash = rotated(hash ^ UInt64(byte) &* prime5, 11) &* prime1 }
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
}

private let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
private let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
private let prime3: UInt64 = 0x1656_67B1_9E37_79F9
private let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
private let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

@inline(__always) private func rotated(_ x: UInt64, _ by: UInt64) -> UInt64 { x << by | x >> (64 - by) }

@inline(__always) private func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ word &* prime2, 31) &* prime1
}
