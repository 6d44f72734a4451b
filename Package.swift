// swift-tools-version: 6.2
import PackageDescription

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]

let package = Package(
    name: "dr",
    products: [
        .executable(name: "dr", targets: ["dr"]),
        .executable(name: "dr-train", targets: ["dr-train"]),
        .executable(name: "dr-export", targets: ["dr-export"]),
        .executable(name: "drd", targets: ["drd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(
            name: "CKernels", linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("m"), .unsafeFlags(["-l:libgomp.so.1"])]),
        .target(name: "CImaging", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("m")]),
        .target(
            name: "CDicom",
            linkerSettings: ["jpeg", "gdcmjpeg12", "gdcmjpeg16", "openjp2", "z"].map { .linkedLibrary($0) }
        ),
        .target(
            name: "COnnxCheck",
            cxxSettings: [.define("ONNX_ML", to: "1"), .define("ONNX_NAMESPACE", to: "onnx")],
            linkerSettings: [.linkedLibrary("onnx"), .linkedLibrary("onnx_proto"), .linkedLibrary("protobuf")]
        ),
        .target(name: "Graph"),
        .target(name: "Kernels", dependencies: ["Graph", "CKernels"]),
        .target(name: "TrainingKernels", dependencies: ["Graph", "Kernels", "CKernels"]),
        .target(name: "OnnxFormat", dependencies: ["Graph", protobuf]),
        .target(name: "Runtime", dependencies: ["Graph", "Kernels", "OnnxFormat"]),
        .target(name: "Architectures", dependencies: ["Graph"]),
        .target(name: "Settings", dependencies: [yams]),
        .target(name: "Checkpoints", dependencies: ["Graph", "Settings", crypto, yams]),
        .target(name: "Imaging", dependencies: ["CImaging", "CDicom"]),
        .target(name: "Metrics"),
        .target(
            name: "Pipelines",
            dependencies: ["Graph", "OnnxFormat", "Runtime", "Imaging", "Metrics", "Index", "Settings", crypto]
        ),
        // Its tests look at internals, in release mode too.
        .target(name: "Index", dependencies: ["Kernels", grdb], swiftSettings: [.unsafeFlags(["-enable-testing"])]),
        .target(
            name: "Trainer",
            dependencies: [
                "Graph", "Kernels", "Runtime", "TrainingKernels", "Architectures", "Checkpoints", "Imaging", "Metrics",
                "Pipelines", "Settings",
                yams,
            ],
            // Its tests look at internals, in release mode too.
            swiftSettings: [.unsafeFlags(["-enable-testing"])]
        ),
        .target(
            name: "Exporter",
            dependencies: [
                "Graph", "Kernels", "OnnxFormat", "Runtime", "Architectures", "Checkpoints", "Pipelines", "Imaging", "Metrics",
                "COnnxCheck",
            ]
        ),
        .target(
            name: "Daemon", dependencies: ["Pipelines", "Graph", "Imaging", "Index", logging] + nio,
            swiftSettings: [.strictMemorySafety()]),
        .executableTarget(name: "dr", dependencies: ["Daemon", "Pipelines", arguments], path: "Sources/Commands/dr"),
        .executableTarget(
            name: "dr-train", dependencies: ["Kernels", "Trainer", "Pipelines", arguments], path: "Sources/Commands/dr-train"),
        .executableTarget(
            name: "dr-export",
            dependencies: ["Exporter", "Architectures", "Checkpoints", "Kernels", "Pipelines", "Runtime", arguments],
            path: "Sources/Commands/dr-export"),
        .executableTarget(
            name: "drd", dependencies: ["Daemon", "Kernels", "Pipelines", arguments], path: "Sources/Commands/drd"),
        .executableTarget(
            name: "model-runner", dependencies: ["Graph", "Kernels", "OnnxFormat", "Runtime"], path: "Benchmarks/model-runner"),
        .target(name: "TestSupport", dependencies: ["Graph", "Kernels"], path: "Tests/TestSupport"),
        .executableTarget(
            name: "index-writer", dependencies: ["Graph", "Index", "TestSupport"], path: "Tests/TestPrograms/index-writer"),
        .executableTarget(name: "spin-report", dependencies: ["Kernels"], path: "Tests/TestPrograms/spin-report"),
        .target(
            name: "NodeSuite", dependencies: ["Graph", "Kernels", "Metrics", "OnnxFormat", "Runtime"], path: "Tests/NodeSuite"),
        .executableTarget(name: "node-suite", dependencies: ["NodeSuite"], path: "Tests/TestPrograms/node-suite"),
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        .executableTarget(
            name: "allocation-count", dependencies: ["CAllocationCount", "Graph", "OnnxFormat", "Runtime", "TestSupport"],
            path: "Tests/TestPrograms/allocation-count"),
        .executableTarget(name: "model-mutants", dependencies: ["NodeSuite"], path: "Tests/TestPrograms/model-mutants"),
        .testTarget(name: "GraphTests", dependencies: ["Graph", "TestSupport"]),
        .testTarget(
            name: "OperatorTests",
            dependencies: ["Graph", "CKernels", "Kernels", "Runtime", "TrainingKernels", "Checkpoints", "TestSupport"]),
        .testTarget(name: "NodeSuiteTests", dependencies: ["NodeSuite"]),
        .testTarget(name: "OnnxFormatTests", dependencies: ["Graph", "OnnxFormat", "COnnxCheck"]),
        .testTarget(
            name: "RuntimeTests",
            dependencies: [
                "Graph", "Kernels", "TrainingKernels", "OnnxFormat", "Runtime", "Checkpoints", "TestSupport", "spin-report",
            ]
        ),
        .testTarget(
            name: "ArchitecturesTests", dependencies: ["Architectures", "Graph", "Kernels", "Runtime", "TestSupport"]),
        .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Graph", crypto]),
        .testTarget(name: "ImagingTests", dependencies: ["Imaging"]),
        .testTarget(
            name: "IndexTests", dependencies: ["Index", "Graph", "CKernels", "Kernels", "TestSupport", "index-writer", grdb]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics"]),
        .testTarget(
            name: "PipelinesTests", dependencies: ["Pipelines", "Graph", "Imaging", "Runtime", "OnnxFormat", "TestSupport"]),
        .testTarget(
            name: "TrainerTests",
            dependencies: [
                "Trainer", "Architectures", "Checkpoints", "Graph", "Imaging", "Kernels", "Metrics", "Pipelines", "Runtime",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "ExporterTests",
            dependencies: [
                "Exporter", "Architectures", "Checkpoints", "Graph", "Imaging", "Kernels", "OnnxFormat", "Pipelines", "Runtime",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "Pipelines", "Graph", "Imaging", "Index", "Metrics", "OnnxFormat", "Runtime", "TestSupport", grdb,
            ] + nio),
        .testTarget(name: "EndToEndTests", dependencies: ["dr", "dr-train", "dr-export", "drd", "Index", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)

for target in package.targets where !["CKernels", "CImaging", "CDicom", "COnnxCheck", "CAllocationCount"].contains(target.name) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("InternalImportsByDefault"), .treatAllWarnings(as: .error),
        ]
}
