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
                let worst = try run.distance(parameter)
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
    let trainer: GoldenStep
    let teacher: Plan?

    init(_ golden: GoldenObjective) throws {
        self.golden = golden
        let trained = Set(golden.parameters.filter(\.trainable).map(\.name))
        var options = TrainingGraphOptions(
            inputShape: golden.inputShape, optimizer: golden.optimizer, gradientClip: golden.maxNorm,
            trains: { trained.contains($0.name) })
        options.exposesGradients = true
        self.trainer = try GoldenStep(
            TrainingGraph(golden.network(), golden.loss, options), values: GoldenObjective.values(golden.parameters))
        self.teacher = try golden.teacher.map { teacher in
            var model = ModelBuilder(mode: .inference)
            let input = model.graph.input("input", TensorType(.float32, golden.inputShape))
            model.graph.output("output", try teacher.network().build(&model, input))
            return try Plan(
                try model.graph.running([.channelsLast, .fuseMatMul]),
                parameters: GoldenObjective.values(teacher.parameters ?? []), packs: PackStore(),
                options: Plan.Options(threads: 2))
        }
    }

    func step(_ index: Int) throws -> Double {
        var inputs = self.golden.inputs(index)
        if let teacher = self.teacher, let input = inputs["input"] {
            inputs[GoldenObjective.teacherInput] = try self.trainer.thread.runAndWait {
                try teacher.setInput("input", input)
                try teacher.run()
                return try teacher.output("output").copied()
            }
        }
        let hyper = Hyperparameters(learningRate: self.golden.learningRate, step: index + 1)
        return try self.trainer.run(inputs, hyper, self.golden.optimizer)
    }

    /// The largest distance of a gradient's stored elements.
    func distance(_ parameter: GoldenObjective.Parameter) throws -> Double {
        try self.trainer.distance(parameter.name, from: self.golden.gradient(parameter)) {
            self.golden.sampled(parameter.name, $0)
        }
    }

    func norm(_ name: String) -> Double { self.trainer.norm(name) }
}
