import CKernels
package import Graph

extension LessOrEqual: Executable {
    package static let implementations: [Implementation<LessOrEqual>] = [
        .simd(ck_less_or_equal),
        .reference({ $0 <= $1 ? 1 : 0 }, integer: { $0 <= $1 ? 1 : 0 }, unsigned: { $0 <= $1 ? 1 : 0 }),
    ]
}
