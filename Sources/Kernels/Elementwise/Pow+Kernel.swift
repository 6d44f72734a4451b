import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Pow: Executable {
    package static let implementations: [Implementation<Pow>] = [
        .simd(ck_pow, types: [.float32]),
        .reference({ pow($0, $1) }, integer: integerPower),
    ]
}

/// Wraps around as products do; a whole power below 0 is the inverse taken towards zero.
@Sendable private func integerPower(_ base: Int64, _ exponent: Int64) -> Int64 {
    if exponent < 0 { return base == 1 || (base == -1 && exponent % 2 == 0) ? 1 : base == -1 ? -1 : 0 }
    var (result, square, rest) = (Int64(1), base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result = result &* square }
        square = square &* square
        rest >>= 1
    }
    return result
}
