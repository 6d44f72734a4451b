import CKernels
package import Graph

extension Sub: Executable {
    package static let implementations: [Implementation<Sub>] = [
        .simd(ck_sub),
        .reference({ $0 - $1 }, integer: { $0 &- $1 }),
    ]
}
