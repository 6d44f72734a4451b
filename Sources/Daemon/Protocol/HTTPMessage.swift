/// A request without its transport.
package struct Request: Sendable {
    package var method: String
    /// The request target, query included.
    package var target: String
    /// Header fields in order; names in any case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The value of a header field that occurs once; nil when it is absent. Throws when it is repeated.
    package func header(_ name: String) throws(DaemonError) -> String? {
        let values = self.headers.filter { $0.name.lowercased() == name.lowercased() }
        guard values.count <= 1 else { throw DaemonError(.invalid, "header \(name)", "occurs more than once") }
        return values.first?.value
    }
}

/// An answer without its transport.
package struct Answer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int = 200, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// JSON with sorted keys.
    package init(status: Int = 200, json value: some Encodable, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = [("Content-Type", "application/json")] + headers
        self.body = encodedJSON(value)
    }

    /// `{"error": "..."}` with the status of the one map.
    package init(_ error: any Error) {
        let reply = ErrorReply(error)
        self.init(status: reply.status, json: ["error": reply.message], headers: [("Error-Code", reply.code)])
        if let error = error as? DaemonError, error.code == .methodNotAllowed {
            self.headers.append(("Allow", error.message.contains("POST") ? "POST" : "GET"))
        }
    }
}
