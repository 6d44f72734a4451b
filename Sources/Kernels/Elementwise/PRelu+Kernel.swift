import CKernels
package import Graph

extension PRelu: Executable {
    package static let implementations: [Implementation<PRelu>] = [
        .simd(ck_prelu),
        .reference({ $0 < 0 ? $0 * $1 : $0 }, integer: { $0 < 0 ? $0 &* $1 : $0 }, unsigned: { x, _ in x }),
    ]
}
