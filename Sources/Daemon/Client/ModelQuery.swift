private struct ModelList: Decodable {
    let models: [ModelSummary]
}

extension UnixClient {
    /// The daemon's models.
    package func models() async throws -> [ModelSummary] {
        let answer = try await self.send(Request("GET", "/v2/models"))
        guard answer.status == 200, let list = decodedJSON(ModelList.self, from: answer.body) else {
            throw DaemonError(.connection, self.path, "the daemon does not list its models (status \(answer.status))")
        }
        return list.models
    }

    /// The newest version of the model called `name`, or of the only one there is; throws unless it is ready.
    package func readyModel(_ name: String?) async throws -> ModelSummary {
        var newest: [String: ModelSummary] = [:]
        for model in try await self.models() where newest[model.name].map({ $0.version < model.version }) ?? true {
            newest[model.name] = model
        }
        let names = newest.keys.sorted()
        let model: ModelSummary
        if let name {
            guard let named = newest[name] else {
                throw DaemonError(.notFound, "model \(name)", "is unknown; the daemon has: \(names.joined(separator: ", "))")
            }
            model = named
        } else {
            guard let only = newest.values.first, newest.count == 1 else {
                throw DaemonError(.invalid, "model", "choose one with --model: \(names.joined(separator: ", "))")
            }
            model = only
        }
        guard model.state == "READY", model.sha256 != nil, model.classNames != nil else {
            let reason = model.reason.isEmpty ? model.state.lowercased() : model.reason
            throw DaemonError(.unavailable, "model \(model.name)", "is not ready: \(reason)")
        }
        return model
    }
}
