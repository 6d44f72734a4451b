import CKernels
package import Graph

extension Neg: Executable {
    package static let implementations: [Implementation<Neg>] = [
        .simd(ck_neg),
        .reference({ -$0 }, integer: { 0 &- $0 }),
    ]
}
