package import Graph

/// The indices of a gathering operator: reads either integer type, checks the range, counts negative ones from the end.
package struct IndexList: Sendable {
    private let subject: String
    private let access: ElementAccess
    private let size: Int
    package let count: Int

    /// - Parameter size: of the axis that is indexed.
    package init(_ subject: String, _ type: TensorType, size: Int) {
        self.subject = subject
        self.access = ElementAccess(type.dataType)
        self.size = size
        self.count = type.elementCount
    }

    /// Bytes for the checked indices.
    package var workspaceByteCount: Int { self.count * MemoryLayout<Int64>.stride }

    /// Writes the indices as int64 in `0..<size` into the workspace.
    package func resolve(_ call: KernelCall, input: Int) throws(KernelError) -> UnsafeMutablePointer<Int64> {
        guard let workspace = call.workspace else { preconditionFailure("\(self.subject) runs without its workspace") }
        let indices = workspace.assumingMemoryBound(to: Int64.self)
        let source = UnsafeRawPointer(call.input(input, as: UInt8.self))
        for element in 0..<self.count {
            let index = self.access.integer(source, element)
            guard index >= -Int64(self.size), index < Int64(self.size) else {
                throw KernelError(.outOfRange, self.subject, "an index is outside -\(self.size)..<\(self.size)")
            }
            indices[element] = index < 0 ? index + Int64(self.size) : index
        }
        return indices
    }
}
