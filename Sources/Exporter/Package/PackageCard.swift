import Architectures
import Foundation
import Graph
import Pipelines

/// What the exporter says in `card.json`.
enum PackageCard {
    static func make(
        _ source: ExportSource, place: PackagePlace, task: ModelTask, opset: Int, files: [String: ModelCard.FileDigest],
        golden: [GoldenSample], validation: ValidationReport?, benchmark: BenchmarkResult?
    ) throws -> ModelCard {
        let recipe: [String: Pipelines.JSONValue] = [
            "checkpoint": .string(source.checkpoint), "lora": try self.json(source.recipe.lora),
            "lora_merged": .bool(source.recipe.lora != nil),
        ]
        let specs = try source.recipe.graph(batch: 1, mode: .inference).parameters
        let trained = specs.filter { $0.role != .buffer && $0.role != .adapter }
        return ModelCard(
            name: place.name, version: place.version, task: task, architecture: try self.json(source.recipe),
            recipe: .object(recipe), parameterCount: trained.reduce(0) { $0 + $1.shape.reduce(1, *) },
            provenance: ModelCard.Provenance(
                runConfigurationSHA256: source.configurationSHA256, tool: "dr-export \(DrVersion.current)",
                created: Date().ISO8601Format(), trainingData: source.trainingData),
            opset: opset, input: ModelRecipe.inputName, output: ModelRecipe.outputName, files: files,
            validation: validation.map(self.summary), bfloat16: validation?.bfloat16,
            benchmark: try benchmark.map(self.json), goldenSamples: golden)
    }

    /// The part of a report that a reader of the card wants.
    private static func summary(_ report: ValidationReport) -> Pipelines.JSONValue {
        var fields: [String: Pipelines.JSONValue] = [
            "status": .string(report.status.rawValue),
            "cases": .integer(Int64(report.cases.count)),
            "max_relative_difference": .number(report.maxRelativeDifference),
            "max_absolute_difference": .number(report.maxAbsoluteDifference),
        ]
        if let checker = report.checker { fields["checked_by"] = .string(checker.checkedBy) }
        if let merge = report.merge { fields["merge_difference"] = .number(merge.maxRelativeDifference) }
        if let pictures = report.pictures {
            fields["pictures"] = .integer(Int64(pictures.images))
            fields["grade_differences"] = .integer(Int64(pictures.gradeDifferences))
        }
        return .object(fields)
    }

    private static func json(_ value: some Encodable) throws -> Pipelines.JSONValue {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try JSONDecoder().decode(Pipelines.JSONValue.self, from: encoder.encode(value))
    }
}
