import CKernels
package import Graph

extension Abs: Executable {
    package static let implementations: [Implementation<Abs>] = [
        .simd(ck_abs),
        .reference({ abs($0) }, integer: { $0 < 0 ? 0 &- $0 : $0 }, unsigned: { $0 }),
    ]
}
