/// RETFound's own score of a model: the mean of macro F1, macro one-vs-rest ROC area and plain kappa; nil when one of
/// them is undefined.
package func retfoundScore(macroF1: Double?, macroAuroc: Double?, kappa: Double?) -> Double? {
    guard let macroF1, let macroAuroc, let kappa else { return nil }
    return (macroF1 + macroAuroc + kappa) / 3
}
