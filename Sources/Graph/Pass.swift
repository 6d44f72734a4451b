/// A named function from graph to graph.
package struct Pass: Sendable {
    package let name: String
    package let run: @Sendable (Graph) throws(GraphError) -> Graph

    package init(_ name: String, _ run: @escaping @Sendable (Graph) throws(GraphError) -> Graph) {
        self.name = name
        self.run = run
    }
}

extension Graph {
    /// Runs passes in order and verifies the graph after each.
    package func running(_ passes: [Pass]) throws(GraphError) -> Graph {
        var graph = self
        for pass in passes {
            graph = try pass.run(graph)
            try graph.verify(after: pass.name)
        }
        return graph
    }
}
