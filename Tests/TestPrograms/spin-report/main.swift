import Foundation
import Kernels

// spin-report ARGUMENT...: limits spinning as the programs do, then says how it was started, one field a line: process,
// name, spin count, and its arguments.
limitSpinning()
let name = try String(contentsOfFile: "/proc/self/comm", encoding: .utf8)
print("process \(getpid())")
print("name \(name.trimmingCharacters(in: .whitespacesAndNewlines))")
print("count \(ProcessInfo.processInfo.environment["GOMP_SPINCOUNT"] ?? "none")")
for argument in CommandLine.arguments.dropFirst() { print("argument \(argument)") }
