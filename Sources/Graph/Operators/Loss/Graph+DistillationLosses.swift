extension Graph {
    /// `T²` times the mean over elements of the divergence of sigmoid(student / T) from sigmoid(teacher / T), two logits [0, x]
    /// each: KL(teacher ‖ student).
    ///
    /// `student` and `teacher` of one shape; the teacher gets no gradient when it is an input or frozen. With the softplus
    /// function f, the divergence is `f(s) - f(t) - σ(t) (s - t)`, which needs no logarithm of a small probability.
    package mutating func bernoulliDivergenceLoss(
        student: ValueID, teacher: ValueID, temperature: Float, mask: ValueID? = nil, name: String = "loss"
    ) throws(GraphError) -> ValueID {
        let (s, t) = try self.tempered(student, teacher, temperature, name)
        let rise = try self.emit(Sub(), [try self.emit(Softplus(), [s], name), try self.emit(Softplus(), [t], name)], name)
        let tangent = try self.emit(
            Mul(), [try self.emit(Sigmoid(), [t], name), try self.emit(Sub(), [s, t], name)], name)
        let mean = try self.lossMean(try self.emit(Sub(), [rise, tangent], name), mask: mask, name)
        return try self.append(Mul(), [mean, self.lossConstant(temperature * temperature, name)], name: name)[0]
    }

    /// `T²` times the mean of the divergence of softmax(student / T) from softmax(teacher / T) along `axis`:
    /// KL(teacher ‖ student), summed over the axis and averaged over all others.
    ///
    /// `student` and `teacher` of one shape. `mask` broadcasts to that shape with size 1 along the axis.
    package mutating func softmaxDivergenceLoss(
        student: ValueID, teacher: ValueID, temperature: Float, axis: Int = -1, mask: ValueID? = nil, name: String = "loss"
    ) throws(GraphError) -> ValueID {
        let (s, t) = try self.tempered(student, teacher, temperature, name)
        let logOfStudent = try self.emit(LogSoftmax(axis: axis), [s], name)
        let logOfTeacher = try self.emit(LogSoftmax(axis: axis), [t], name)
        let difference = try self.emit(Sub(), [logOfTeacher, logOfStudent], name)
        let share = try self.emit(Mul(), [try self.emit(Exp(), [logOfTeacher], name), difference], name)
        let divergence = try self.emit(ReduceSum(axes: [axis], keepDimensions: true), [share], name)
        let mean = try self.lossMean(divergence, mask: mask, name)
        return try self.append(Mul(), [mean, self.lossConstant(temperature * temperature, name)], name: name)[0]
    }

    /// Both logits divided by the temperature.
    private mutating func tempered(
        _ student: ValueID, _ teacher: ValueID, _ temperature: Float, _ name: String
    ) throws(GraphError) -> (ValueID, ValueID) {
        guard self[student].type == self[teacher].type else {
            throw GraphError(.shape, name, "student is \(self[student].type), teacher \(self[teacher].type)")
        }
        guard temperature > 0, temperature.isFinite else { throw GraphError(.attribute, name, "temperature is \(temperature)") }
        let factor = self.lossConstant(1 / temperature, name)
        return (try self.emit(Mul(), [student, factor], name), try self.emit(Mul(), [teacher, factor], name))
    }
}
