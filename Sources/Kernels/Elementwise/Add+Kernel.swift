import CKernels
package import Graph

extension Add: Executable {
    package static let implementations: [Implementation<Add>] = [
        .simd(ck_add),
        .reference({ $0 + $1 }, integer: { $0 &+ $1 }),
    ]
}
