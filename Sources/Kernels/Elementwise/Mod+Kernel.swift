package import Graph

extension Mod: Executable {
    package static let implementations: [Implementation<Mod>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let isTruncated = op.fmod
            return BinaryReference(
                problem, { $0.truncatingRemainder(dividingBy: $1) },
                integer: { a, b in
                    let rest = a.remainderReportingOverflow(dividingBy: b).partialValue
                    return !isTruncated && b != 0 && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
                },
                unsigned: { $0.remainderReportingOverflow(dividingBy: $1).partialValue })
        }
    ]
}
