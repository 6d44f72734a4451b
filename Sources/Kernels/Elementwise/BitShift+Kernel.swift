package import Graph

extension BitShift: Executable {
    package static let implementations: [Implementation<BitShift>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            // As uint64 by their bits; the smart shift takes any distance.
            switch op.direction {
            case .left: BinaryReference(problem, { a, _ in a }, integer: { $0 << UInt64(bitPattern: $1) })
            case .right:
                BinaryReference(
                    problem, { a, _ in a },
                    integer: { Int64(bitPattern: UInt64(bitPattern: $0) >> UInt64(bitPattern: $1)) })
            }
        }
    ]
}
