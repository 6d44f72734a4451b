import Graph
import TestSupport
import Testing

/// Graphs without kernels: building, printing, verifying, rewriting, differentiating.
@Suite struct GraphTests {
    private func small() throws -> Graph {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 3]))
        let w = graph.parameter("w", TensorType(.float32, [3]))
        let y = try graph.apply(Mul(), x, w, name: "scaled")
        graph.output("y", try graph.apply(Relu(), y, name: "active"))
        return graph
    }

    @Test func theTextIsOneLineANode() throws {
        let text = """
            input x: float32[2, 3]
            parameter w: float32[3]
            scaled: float32[2, 3] = Mul(x, w)
            active: float32[2, 3] = Relu(scaled)
            output y = active
            """
        #expect(try self.small().description == text)
    }

    @Test func namesStayUnique() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [1]))
        for _ in 0..<3 { _ = try graph.apply(Relu(), x, name: "x") }
        #expect(graph.nodes.map(\.name) == ["x_1", "x_2", "x_3"])
        try graph.verify()
    }

    @Test func aShapeErrorNamesTheNodeAndBothShapes() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 3]))
        let y = graph.input("y", TensorType(.float32, [4]))
        let error = #expect(throws: GraphError.self) { try graph.append(Add(), [x, y], name: "layer4.add") }
        #expect(error?.code == .shape)
        #expect(error?.description.contains("layer4.add") == true && error?.description.contains("[2, 3]") == true)
    }

    @Test func missingInputsAreRefused() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2]))
        #expect(throws: GraphError.self) { try graph.append(Add(), [x]) }
        #expect(throws: GraphError.self) { try graph.append(Add(), [x, nil]) }
        #expect(throws: GraphError.self) { try graph.append(Add(), [x, x, x]) }
    }

    @Test func deadNodesGo() throws {
        var graph = try self.small()
        _ = try graph.apply(Neg(), graph.inputs[0])
        #expect(graph.nodes.count == 3)
        #expect(try graph.withoutDeadNodes().nodes.map(\.op.name) == ["Mul", "Relu"])
    }

    @Test func aGraphIsRetypedForAnotherBatch() throws {
        let graph = try self.small().retyped(["x": TensorType(.float32, [7, 3])])
        #expect(graph[graph.outputs[0].value].type == TensorType(.float32, [7, 3]))
        #expect(throws: GraphError.self) { try self.small().retyped(["x": TensorType(.float32, [7, 4])]) }
    }

    @Test func gradientsAreBuiltOnlyWhereTheyAreWanted() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 4]))
        let frozen = graph.parameter("frozen", TensorType(.float32, [4, 4]))
        let trained = graph.parameter("trained", TensorType(.float32, [4, 4]))
        let hidden = try graph.apply(MatMul(), x, frozen, name: "hidden")
        let y = try graph.apply(MatMul(), hidden, trained, name: "y")
        let loss = try graph.apply(ReduceSum(axes: [], keepDimensions: false), y, name: "loss")
        let result = try graph.differentiated(loss, withRespectTo: [trained])
        #expect(result.gradients.keys.map { $0 } == [trained])
        let made = result.graph.nodes.dropFirst(graph.nodes.count)
        #expect(!made.isEmpty && made.allSatisfy { !$0.name.hasPrefix("hidden") })
    }

    @Test func aLossThatIsNoScalarIsRefused() throws {
        let graph = try self.small()
        let error = #expect(throws: GraphError.self) {
            try graph.differentiated(graph.outputs[0].value, withRespectTo: [graph.parameters[0]])
        }
        #expect(error?.code == .gradient)
    }

    /// Every operator is in the one list, under a name of its own.
    @Test func operatorNamesAreUnique() {
        let names = OperatorTable.all.map { $0.schema.name }
        #expect(Set(names).count == names.count)
        #expect(names.count >= 95)
    }

    /// Every part of a shape that is accepted can be multiplied, also where the whole has no elements.
    @Test func shapesWithoutElementsMustNotHideSizesThatOverflow() throws {
        #expect(TensorType.checkedElementCount([0, 1, 1 << 40, 1 << 40]) == nil)
        #expect(TensorType.checkedElementCount([1 << 40, 1 << 40, 0]) == nil)
        #expect(TensorType.checkedElementCount([0, 1 << 40, 1 << 20]) == 0)
        #expect(TensorType.checkedElementCount([0, 1 << 40, 1 << 20], byteCount: 8) == nil)
        #expect(TensorType.checkedElementCount([0, -1]) == nil && TensorType.checkedElementCount([]) == 1)
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [0, 4]))
        for shape in [[0, 1, 1 << 40, 1 << 40], [1 << 32, 1 << 32, 0]] {
            #expect(throws: GraphError.self) { try graph.apply(Reshape(shape, allowsZero: true), x) }
        }
        #expect(throws: GraphError.self) {
            try graph.apply(Expand([1 << 40, 1 << 40, 0, 4]), x)
        }
    }
}
