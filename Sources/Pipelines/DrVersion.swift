/// The version of all programs, which runs, cards and replies name.
package enum DrVersion {
    package static let current = "0.1.0"
}
