import Architectures
import Graph
import Kernels
import Runtime
import TestSupport
import Testing
import Trainer

/// Ten steps and one step's gradients of every objective against PyTorch.
@Suite struct GoldenObjectiveTests {
    @Test(arguments: GoldenObjective.names) func lossesAndGradientsEqualPyTorch(_ name: String) throws {
        let golden = try GoldenObjective(name)
        let run = try ObjectiveRun(golden)
        for (step, expected) in golden.losses.enumerated() {
            let loss = try run.step(step)
            #expect(abs(loss - expected) <= 1e-4 * max(1, abs(expected)), "\(name) step \(step): \(loss), PyTorch \(expected)")
            guard step == 0 else { continue }
            let largest = golden.parameters.compactMap(\.gradient_largest).max() ?? 0
            for parameter in golden.parameters where parameter.trainable {
                let actual = try run.gradient(parameter)
                let expected = try golden.gradient(parameter)
                try #require(actual.count == expected.count)
                let worst = zip(actual, expected).map { abs($0 - $1) }.reduce(0) { $0 >= $1 ? $0 : $1 }
                // What is zero but for rounding, as for a bias before a normalisation, is compared with the others' size.
                let scale = parameter.vanishes == true ? largest : try #require(parameter.gradient_largest)
                #expect(worst <= 1e-4 * scale, "\(name): gradient of \(parameter.name) is off by \(worst / scale)")
            }
        }
        for parameter in golden.parameters where parameter.vanishes != true {
            let norm = run.norm(parameter.name)
            let expected = try #require(parameter.l2_after_all)
            #expect(abs(norm - expected) <= 1e-4 * max(expected, 1e-3), "\(name): norm of \(parameter.name) after all steps")
        }
    }
}

/// Our trainer on an objective.
private struct ObjectiveRun {
    let golden: GoldenObjective
    let plan: Plan
    let store: ParameterStore
    let teacher: Plan?
    let thread = ComputeThread(threads: 2)

    init(_ golden: GoldenObjective) throws {
        self.golden = golden
        let trained = Set(golden.parameters.filter(\.trainable).map(\.name))
        var options = TrainingGraphOptions(
            inputShape: golden.inputShape, optimizer: golden.optimizer, gradientClip: golden.maxNorm,
            trains: { trained.contains($0.name) })
        options.exposesGradients = true
        let graph = try TrainingGraph(golden.network(), golden.loss, options)
        let wanted = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.name, $0.shape) })
        try #require(wanted == golden.shapes, "parameter names and shapes")
        var store = ParameterStore()
        for (name, tensor) in golden.values { store[name] = tensor }
        store.addZeros(graph.optimizerState)
        self.store = store
        let options2 = Plan.Options(threads: 2)
        self.plan = try Plan(graph.graph, parameters: store.tensors, packs: PackStore(), options: options2)
        self.teacher = try golden.teacher.map { teacher in
            var model = ModelBuilder(mode: .inference)
            let input = model.graph.input("input", TensorType(.float32, golden.inputShape))
            model.graph.output("output", try teacher.network().build(&model, input))
            return try Plan(
                try model.graph.running([.channelsLast, .fuseMatMul]), parameters: teacher.values, packs: PackStore(),
                options: options2)
        }
    }

    func step(_ index: Int) throws -> Double {
        var inputs = self.golden.inputs(index)
        let hyper = Hyperparameters(learningRate: self.golden.learningRate, step: index + 1).values(self.golden.optimizer)
        inputs[Hyperparameters.inputName] = Tensor(hyper, shape: [Hyperparameters.count])
        let (plan, teacher, bound) = (self.plan, self.teacher, inputs)
        return try self.thread.runAndWait {
            var inputs = bound
            if let teacher, let input = inputs["input"] {
                try teacher.setInput("input", input)
                try teacher.run()
                inputs[GoldenObjective.teacherInput] = try teacher.output("output").copied()
            }
            for (name, tensor) in inputs { try plan.setInput(name, tensor) }
            try plan.run()
            return Double(try plan.output("loss").array(of: Float.self)[0])
        }
    }

    /// The elements of a gradient that the golden file has.
    func gradient(_ parameter: GoldenObjective.Parameter) throws -> [Double] {
        let all = try self.plan.output("gradient/" + parameter.name).doubles
        return self.golden.sampled(parameter.name, all.count).map { all[$0] }
    }

    func norm(_ name: String) -> Double {
        (self.store[name]?.doubles ?? [.nan]).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}
