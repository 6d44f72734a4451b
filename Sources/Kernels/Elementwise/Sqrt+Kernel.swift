import CKernels
package import Graph

extension Sqrt: Executable {
    package static let implementations: [Implementation<Sqrt>] = [
        .simd(ck_sqrt),
        .reference({ $0.squareRoot() }),
    ]
}
