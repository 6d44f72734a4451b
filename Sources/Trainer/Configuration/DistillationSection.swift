extension TrainingConfiguration {
    /// What a student learns from a teacher beside its own task: `alpha · task + beta · divergence + gamma · features`.
    package struct DistillationSection: Sendable, Hashable, Codable {
        /// The run whose network teaches.
        package var teacher: String
        /// Logits of both are divided by this.
        package var temperature: Float
        /// Share of the task's own loss.
        package var alpha: Float
        /// Share of the divergence of the student's answers from the teacher's.
        package var beta: Float
        /// Share of the mean squared difference of the deepest maps of features, the student's after a learned layer.
        package var gamma: Float

        package init(teacher: String = "", temperature: Float = 4, alpha: Float = 0.5, beta: Float = 0.5, gamma: Float = 0) {
            self.teacher = teacher
            self.temperature = temperature
            self.alpha = alpha
            self.beta = beta
            self.gamma = gamma
        }
    }
}
