import CKernels
package import Graph

extension Reciprocal: Executable {
    package static let implementations: [Implementation<Reciprocal>] = [
        .simd(ck_reciprocal),
        .reference({ 1 / $0 }),
    ]
}
