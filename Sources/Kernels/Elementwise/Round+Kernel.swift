import CKernels
package import Graph

extension Round: Executable {
    package static let implementations: [Implementation<Round>] = [
        .simd(ck_round),
        .reference({ $0.rounded(.toNearestOrEven) }),
    ]
}
