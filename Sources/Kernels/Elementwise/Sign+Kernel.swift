import CKernels
package import Graph

extension Sign: Executable {
    package static let implementations: [Implementation<Sign>] = [
        .simd(ck_sign),
        .reference({ $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, integer: { $0.signum() }, unsigned: { $0 == 0 ? 0 : 1 }),
    ]
}
