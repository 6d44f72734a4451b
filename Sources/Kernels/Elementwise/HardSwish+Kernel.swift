import CKernels
package import Graph

extension HardSwish: Executable {
    package static let implementations: [Implementation<HardSwish>] = [
        .simd(ck_hard_swish),
        .reference({ $0 * max(0, min(1, $0 / 6 + 0.5)) }),
    ]
}
