package import Graph

/// What a pickle describes, as data: nothing was called to make it.
///
/// Nodes live in one array and refer to each other by index, so that neither deep nesting nor a cycle can hurt.
package struct PickleTree: Sendable {
    /// The index of a node.
    package struct Reference: Sendable, Hashable {
        let index: Int
    }

    package enum Node: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        /// An integer that does not fit 64 bits: its little-endian two's complement.
        case wideInteger([UInt8])
        case float(Double)
        case string(String)
        case tuple([Reference])
        case list([Reference])
        case dictionary([Entry])
        /// A name that the pickle mentions.
        case global(String)
        case storage(StorageReference)
        case tensor(TensorReference)
        /// An object of an allowed class that is kept unread (`argparse.Namespace`, numpy scalars).
        case opaque(name: String, arguments: Reference?, state: Reference?)
    }

    package struct Entry: Sendable {
        package let key: Reference
        package let value: Reference
    }

    /// A storage by its key in the file.
    package struct StorageReference: Sendable, Hashable {
        package let key: String
        package let dataType: DataType
        package let elementCount: Int
    }

    /// A view of a storage; offset and strides in elements.
    package struct TensorReference: Sendable, Hashable {
        package let storage: StorageReference
        package let offset: Int
        package let type: TensorType
        package let strides: [Int]
    }

    package internal(set) var nodes: [Node]
    package internal(set) var root: Reference

    package subscript(reference: Reference) -> Node { self.nodes[reference.index] }

    /// The entries of a dictionary (or of an opaque object's state) whose keys are strings; nil for other nodes.
    package func members(of reference: Reference) -> [(name: String, value: Reference)]? {
        switch self[reference] {
        case .dictionary(let entries):
            return entries.compactMap { entry in
                guard case .string(let name) = self[entry.key] else { return nil }
                return (name, entry.value)
            }
        case .opaque(_, _, .some(let state)):
            guard case .dictionary = self[state] else { return nil }
            return self.members(of: state)
        default:
            return nil
        }
    }

    /// The value of a string key in a dictionary; the last one where the key repeats, as in Python.
    package func member(_ name: String, of reference: Reference) -> Reference? {
        self.members(of: reference)?.last { $0.name == name }?.value
    }
}
