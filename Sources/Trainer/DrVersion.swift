/// The version that runs and cards name.
package enum DrVersion {
    package static let current = "0.1.0"
}
