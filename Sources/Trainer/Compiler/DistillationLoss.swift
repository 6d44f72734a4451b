package import Architectures
package import Graph

/// `alpha · task + beta · divergence + gamma · features` (Hinton et al. 2015; Romero et al. 2015).
///
/// The divergence is `T²` times the mean KL divergence of the student's answers from the teacher's at temperature T: of the two
/// sides of each pixel's sigmoid for maps of logits, of the softmax for classes. Features are compared by their mean squared
/// difference after a 1 x 1 convolution, batch normalisation and ReLU on the student's, the teacher's brought to their size.
package struct DistillationLoss: TrainingLoss {
    /// Where the teacher's logits come from.
    package enum Teaching: Sendable {
        /// The input `teacher_logits` of the output's shape.
        case cached
        /// The teacher is part of the step and sees the same batch.
        case network(TeacherNetwork)
    }

    package static let logitsName = "teacher_logits"

    package var task: any TrainingLoss
    package var teaching: Teaching
    package var temperature: Float
    package var alpha: Float
    package var beta: Float
    package var gamma: Float

    package init(
        task: any TrainingLoss, teaching: Teaching, temperature: Float, alpha: Float, beta: Float, gamma: Float = 0
    ) {
        self.task = task
        self.teaching = teaching
        self.temperature = temperature
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
    }

    package func append(to model: inout ModelBuilder, _ network: NetworkOutputs) throws(GraphError) -> ValueID {
        let task = try self.task.append(to: &model, network)
        let type = model.type(network.output)
        guard let mask = model.graph.input(named: "mask") else {
            throw GraphError(.unsupported, "distillation", "the task's loss has no mask")
        }
        let each = [type.shape[0]] + [Int](repeating: 1, count: type.rank - 1)
        let rows = try model.apply(Reshape(each), mask, name: "distillation/mask")
        let teacher = try self.teacher(&model, type)
        let divergence =
            type.rank == 4
            ? try model.graph.bernoulliDivergenceLoss(
                student: network.output, teacher: teacher.output, temperature: self.temperature, mask: rows,
                name: "distillation/divergence")
            : try model.graph.softmaxDivergenceLoss(
                student: network.output, teacher: teacher.output, temperature: self.temperature, axis: 1, mask: rows,
                name: "distillation/divergence")
        var terms = [(self.alpha, task), (self.beta, divergence)]
        if self.gamma > 0 {
            terms.append((self.gamma, try self.featureLoss(&model, network.features, teacher.features, mask)))
        }
        return try model.weightedSum(terms.filter { $0.0 > 0 }, name: "distillation")
    }

    private func teacher(_ model: inout ModelBuilder, _ type: TensorType) throws(GraphError) -> NetworkOutputs {
        switch self.teaching {
        case .cached: return NetworkOutputs(output: model.graph.input(Self.logitsName, type))
        case .network(let network):
            guard let input = model.graph.input(named: "input") else {
                throw GraphError(.unsupported, "distillation", "the step has no input")
            }
            let outputs = try network.append(to: &model.graph, input)
            guard model.type(outputs.output) == type else {
                throw GraphError(
                    .shape, "distillation", "the teacher answers \(model.type(outputs.output)), the student \(type)")
            }
            return outputs
        }
    }

    private func featureLoss(
        _ model: inout ModelBuilder, _ student: ValueID?, _ teacher: ValueID?, _ mask: ValueID
    ) throws(GraphError) -> ValueID {
        guard let student, let teacher else {
            throw GraphError(.unsupported, "distillation", "gamma needs maps of features, which one of the networks has not")
        }
        let path = "distillation.adapter"
        var x = try model.convolution(student, path + ".0", outputs: model.type(teacher).shape[1], kernel: 1, role: .head)
        x = try model.batchNorm(x, path + ".1", role: .head)
        x = try model.apply(Relu(), x, name: path + ".2")
        let target = try model.resized(teacher, to: Array(model.type(student).shape[2...]), name: "distillation/features")
        let rows = try model.apply(Reshape([model.type(mask).shape[0], 1, 1, 1]), mask, name: "distillation/feature_mask")
        return try model.graph.meanSquaredError(x, target, mask: rows, name: "distillation/feature_loss")
    }
}

extension ModelBuilder {
    /// `Σ factor · value` of scalars.
    mutating func weightedSum(_ terms: [(factor: Float, value: ValueID)], name: String) throws(GraphError) -> ValueID {
        var sum: ValueID?
        for (index, term) in terms.enumerated() {
            let factor = self.graph.constant(Tensor([term.factor], shape: []), name: "\(name)/factor\(index)")
            let product = try self.apply(Mul(), term.value, factor, name: "\(name)/term\(index)")
            sum =
                try sum.map { (sum) throws(GraphError) in try self.apply(Add(), sum, product, name: "\(name)/sum\(index)") }
                ?? product
        }
        guard let sum else { throw GraphError(.unsupported, name, "every share is 0") }
        return sum
    }
}
