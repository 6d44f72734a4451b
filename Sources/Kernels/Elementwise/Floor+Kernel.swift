import CKernels
package import Graph

extension Floor: Executable {
    package static let implementations: [Implementation<Floor>] = [
        .simd(ck_floor),
        .reference({ $0.rounded(.down) }),
    ]
}
