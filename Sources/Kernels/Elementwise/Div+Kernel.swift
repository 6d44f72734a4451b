import CKernels
package import Graph

extension Div: Executable {
    package static let implementations: [Implementation<Div>] = [
        .simd(ck_div),
        .reference(
            { $0 / $1 }, integer: { $0.dividedReportingOverflow(by: $1).partialValue },
            unsigned: { $0.dividedReportingOverflow(by: $1).partialValue }),
    ]
}
