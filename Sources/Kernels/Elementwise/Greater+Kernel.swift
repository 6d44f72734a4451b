import CKernels
package import Graph

extension Greater: Executable {
    package static let implementations: [Implementation<Greater>] = [
        .simd(ck_greater),
        .reference({ $0 > $1 ? 1 : 0 }, integer: { $0 > $1 ? 1 : 0 }, unsigned: { $0 > $1 ? 1 : 0 }),
    ]
}
