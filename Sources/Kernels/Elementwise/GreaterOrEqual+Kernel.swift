import CKernels
package import Graph

extension GreaterOrEqual: Executable {
    package static let implementations: [Implementation<GreaterOrEqual>] = [
        .simd(ck_greater_or_equal),
        .reference({ $0 >= $1 ? 1 : 0 }, integer: { $0 >= $1 ? 1 : 0 }, unsigned: { $0 >= $1 ? 1 : 0 }),
    ]
}
