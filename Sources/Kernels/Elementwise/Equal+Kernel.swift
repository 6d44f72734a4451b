import CKernels
package import Graph

extension Equal: Executable {
    package static let implementations: [Implementation<Equal>] = [
        .simd(ck_equal),
        .reference({ $0 == $1 ? 1 : 0 }, integer: { $0 == $1 ? 1 : 0 }),
    ]
}
