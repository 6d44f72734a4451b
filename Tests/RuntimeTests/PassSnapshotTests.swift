import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Every pass of the runtime, printed; what it computes; and that it finds nothing left to do.
@Suite struct PassSnapshotTests {
    @Test(arguments: PassCase.all + PassCase.bytes) func theResultIsAsWritten(_ testCase: PassCase) throws {
        guard testCase.pass.name != "gateConvolutions" || packsConvolutions() else {
            print("skipped: this CPU has no kernel for \(testCase)")
            return
        }
        let text = try testCase.graph.running([testCase.pass]).description
        #expect(text == testCase.expected, "\(testCase) gives\n\(text)\n--")
    }

    @Test(arguments: PassCase.all + PassCase.bytes) func aSecondTimeChangesNothing(_ testCase: PassCase) throws {
        let once = try testCase.graph.running([testCase.pass])
        #expect(try once.running([testCase.pass]).description == once.description)
    }

    @Test(arguments: PassCase.all + PassCase.bytes) func theNumbersStay(_ testCase: PassCase) throws {
        var random = SeededRandom(seed: 5)
        var bindings: [String: Tensor] = [:]
        for id in testCase.graph.inputs {
            bindings[testCase.graph[id].name] = random.tensor(testCase.graph[id].type, in: -1...1)
        }
        let before = try GraphEvaluator(implementation: "reference").run(testCase.graph, bindings)
        let after = try GraphEvaluator().run(try testCase.graph.running([testCase.pass]), bindings)
        #expect(Set(before.keys) == Set(after.keys) && !before.isEmpty)
        let tolerance = testCase.pass.name == "computeInBFloat16" ? Tolerance(absolute: 0.05, relative: 0.02) : .float32
        for (name, tensor) in before {
            let other = try #require(after[name])
            #expect(tolerance.mismatch(other.doubles, tensor.doubles, "\(testCase) \(name)") == nil)
        }
    }

    @Test func everyPassIsHere() {
        let names = (PassCase.all + PassCase.bytes).map(\.pass.name)
        #expect(Set(names) == Set([Pass].bfloat16Inference.map(\.name)))
        #expect(Set(names).count == names.count)
    }
}
