import Pipelines
import Testing

@Suite struct ModelSettingsTests {
    @Test func everyKeyIsRead() throws {
        #expect(try ModelSettings(yaml: "") == ModelSettings())
        let plain = try ModelSettings(yaml: "test_time_augmentation: four_views\nindex: ../shared\n")
        #expect(plain == ModelSettings(testTimeAugmentation: .fourViews, index: "../shared"))
        let computing = try ModelSettings(yaml: "precision: bfloat16\nthreads: 4\nstreams: 2\npin: true\n")
        #expect(computing == ModelSettings(precision: .bfloat16, threads: 4, streams: 2, pin: true))
        let text = "ensemble:\n  members:\n    - {model: a, weight: 0.9}\n    - model: b\n  quorum: 1\n"
        let members = [EnsembleSettings.Member(model: "a", weight: 0.9), EnsembleSettings.Member(model: "b")]
        #expect(try ModelSettings(yaml: text).ensemble == EnsembleSettings(members: members, quorum: 1))
    }

    @Test(arguments: [
        ("test_time_augmentations: none", "test_time_augmentations unknown key; did you mean test_time_augmentation?"),
        ("ensemble: {members: [{model: a, wieght: 1}]}", "ensemble.members.0.wieght unknown key; did you mean weight?"),
        ("ensemble: {member: []}", "did you mean members?"), ("colour: red", "colour unknown key"),
        ("test_time_augmentation: eight", "test_time_augmentation must be none or four_views"),
        ("precision: float16", "precision must be auto, float32 or bfloat16"), ("threads: 0", "threads must be 1 to 1024"),
        ("threads: two", "threads must be"), ("streams: 65", "streams must be 1 to 64"), ("stream: 2", "did you mean streams?"),
        ("pin: 3", "pin must be"),
        ("streams: 2\nensemble: {members: [{model: a}, {model: b}]}", "streams belongs to the members"),
        ("index: 7", "index must be a text"), ("index: ''", "index is empty"), ("index: 2026-01-01", "quote texts"),
        ("- a", "must hold a mapping"), ("a: [", "is not valid YAML"), ("ensemble: {}", "ensemble.members is missing"),
        ("ensemble: {members: [{model: a}]}", "must be 2 to 16 models"),
        ("ensemble: {members: [{model: a}, {weight: 1}]}", "ensemble.members.1.model is missing"),
        ("ensemble: {members: [{model: a}, {model: a}]}", "ensemble.members.1.model names a again"),
        ("ensemble: {members: [{model: a}, {model: ../b}]}", "ensemble.members.1.model is no name of a model"),
        ("ensemble: {members: [{model: a}, {model: b, weight: 0}]}", "ensemble.members.1.weight must be above 0"),
        ("ensemble: {members: [{model: a}, {model: b, weight: -1}]}", "weight must be above 0"),
        ("ensemble: {members: [{model: a}, {model: b, weight: .inf}]}", "no text, finite number"),
        ("ensemble: {members: [{model: a}, {model: b, weight: much}]}", "weight must be a number"),
        ("ensemble: {members: [{model: a}, {model: b}], quorum: 3}", "ensemble.quorum must be 1 to the number of members"),
        ("index: i\nensemble: {members: [{model: a}, {model: b}]}", "index belongs to the members"),
        ("test_time_augmentation: none\nensemble: {members: [{model: a}, {model: b}]}", "belongs to the members"),
    ])
    func mistakesAreNamed(_ yaml: String, _ part: String) throws {
        let error = try #require(throws: PipelineError.self) { try ModelSettings(yaml: yaml) }
        #expect(error.code == .settings && error.subject == "model.yaml")
        #expect(error.message.contains(part), "\(error.message)")
    }
}
