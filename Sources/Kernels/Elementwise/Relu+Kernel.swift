import CKernels
package import Graph

extension Relu: Executable {
    package static let implementations: [Implementation<Relu>] = [
        .simd(ck_relu),
        .reference({ $0 < 0 ? 0 : $0 }, integer: { max($0, 0) }),
    ]
}
