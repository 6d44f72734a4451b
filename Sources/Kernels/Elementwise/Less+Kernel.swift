import CKernels
package import Graph

extension Less: Executable {
    package static let implementations: [Implementation<Less>] = [
        .simd(ck_less),
        .reference({ $0 < $1 ? 1 : 0 }, integer: { $0 < $1 ? 1 : 0 }, unsigned: { $0 < $1 ? 1 : 0 }),
    ]
}
