import CKernels
package import Graph

extension Ceil: Executable {
    package static let implementations: [Implementation<Ceil>] = [
        .simd(ck_ceil),
        .reference({ $0.rounded(.up) }),
    ]
}
