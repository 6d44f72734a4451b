import CKernels
package import Graph

extension Mul: Executable {
    package static let implementations: [Implementation<Mul>] = [
        .simd(ck_mul),
        .reference({ $0 * $1 }, integer: { $0 &* $1 }),
    ]
}
