import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

@Suite struct ResizeTests {
    private static func type(_ layout: ChannelLayout, _ x: [Int], _ dataType: DataType = .float32) -> TensorType {
        TensorType(dataType, layout.join(batch: x[0], channels: x[1], spatial: Array(x.dropFirst(2))))
    }

    /// One case per layout; x is given channels-first.
    private static func both(_ name: String, _ resize: Resize, _ x: [Int]) -> [OperatorCase] {
        [ChannelLayout.first, .last].map { layout in
            OperatorCase("\(name), channels \(layout)", resize.with(layout: layout), [self.type(layout, x)])
        }
    }

    private static let modes: [Resize.Coordinates] = [
        .halfPixel, .pytorchHalfPixel, .alignCorners, .asymmetric, .halfPixelSymmetric,
    ]

    private static func filter(cubic: Float = -0.75, excludes: Bool = false, antialiases: Bool = false) -> Resize.Filter {
        var filter = Resize.Filter()
        filter.cubicCoefficient = cubic
        filter.excludesOutside = excludes
        filter.antialiases = antialiases
        return filter
    }

    /// Interpolation beyond neighbours; written from opset 18 on.
    static let wide: [OperatorCase] =
        both("cubic up", Resize(.scales([2, 1.5]), mode: .cubic), [1, 2, 3, 4])
        + both("cubic down", Resize(.sizes([3, 2]), mode: .cubic, coordinates: .alignCorners), [1, 2, 5, 6])
        + both("cubic inside", Resize(.sizes([7, 9]), mode: .cubic, filter: filter(cubic: -0.5, excludes: true)), [1, 2, 4, 5])
        + both("cubic antialias", Resize(.sizes([3, 7]), mode: .cubic, filter: filter(antialiases: true)), [1, 2, 9, 5])
        + both("linear antialias", Resize(.scales([0.3, 0.6]), filter: filter(antialiases: true)), [1, 3, 11, 9])
        + both(
            "linear antialias inside", Resize(.sizes([3, 5]), filter: filter(excludes: true, antialiases: true)), [1, 2, 11, 12])
        + both("within", Resize(.proportional([7, 9], isWithin: true)), [1, 2, 3, 5])
        + both("around", Resize(.proportional([7, 9], isWithin: false), mode: .nearest), [1, 2, 3, 5])
        + both("cubic across vectors", Resize(.sizes([30, 75]), mode: .cubic), [1, 3, 29, 70])
        + both("cubic of many channels", Resize(.sizes([9, 11]), mode: .cubic), [1, 20, 5, 6])

    @Test(arguments: wide) func wideImplementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
        let resize = try #require(testCase.op as? Resize)
        let x = try #require(testCase.inputs[0])
        let y = try resize.outputTypes([x])[0]
        let gradient = OperatorCase(testCase.name, ResizeGradient(resize: resize, inputShape: x.shape), [y])
        #expect(try OperatorChecks.implementationsMatchReference(gradient) == nil)
        if x.elementCount < 300 { #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil) }
        #expect(try SpellingCheck.mismatch(testCase, opset: 18) == nil)
    }

    /// A part of the input, some of it outside.
    @Test(arguments: [13, 18]) func aPartIsResized(_ opset: Int) throws {
        let crop = Resize.Crop(starts: [0.25, 1.5], ends: [0.75, 0], outside: -9)
        let part = Resize(.scales([1, 1.5]), coordinates: .crop, crop: crop)
        let x = Tensor((0..<20).map { Float($0) }, shape: [1, 1, 5, 4])
        let y = try GraphEvaluator().run(part, [x])[0].doubles
        #expect(y.count == 30)
        #expect(y.prefix(6).map { ($0 * 100).rounded() / 100 } == [-9, -9, 6.7, 5.8, 4.9, 4].map { $0 })
        #expect(try SpellingCheck.mismatch(OperatorCase("part", part, [x.type]), opset: opset) == nil)
    }
    private static let roundings: [Resize.Rounding] = [.roundPreferFloor, .roundPreferCeil, .floor, .ceil]

    static let cases: [OperatorCase] =
        modes.flatMap { mode in
            both("\(mode) up", Resize(.sizes([5, 7]), coordinates: mode), [1, 2, 3, 4])
                + both("\(mode) down", Resize(.sizes([3, 2]), coordinates: mode), [1, 2, 5, 6])
                + both("\(mode) to one", Resize(.sizes([1, 3]), coordinates: mode), [1, 1, 4, 3])
                + roundings.flatMap { rounding in
                    // Places half-way between elements on both axes: a wrong tie is seen.
                    both(
                        "\(mode) \(rounding)",
                        Resize(.scales([0.5, 1.5]), mode: .nearest, coordinates: mode, rounding: rounding), [1, 2, 6, 4])
                }
        }
        + both(
            "nearest twice", Resize(.scales([2, 2]), mode: .nearest, coordinates: .asymmetric, rounding: .floor), [2, 3, 3, 2])
        + both("one axis", Resize(.sizes([9])), [2, 3, 4])
        + both("three axes", Resize(.sizes([3, 5, 4])), [1, 2, 2, 3, 6])
        + both("nearest of three axes", Resize(.scales([2, 3, 1]), mode: .nearest), [1, 2, 2, 2, 3])
        + both("depth alone", Resize(.sizes([4, 3, 2])), [1, 2, 3, 3, 2])
        // Not float32(7 / 5) * 5 = 7: the scale decides where elements lie.
        + both("odd scales", Resize(.scales([1.5, 2.7])), [1, 2, 5, 3])
        + both("from one element", Resize(.sizes([4, 3])), [1, 2, 1, 1])
        + both("unchanged", Resize(.sizes([3, 4])), [1, 2, 3, 4])

    /// Sizes that fill vectors, with remainders, and more channels than one vector.
    static let large: [OperatorCase] =
        both("twice", Resize(.scales([2, 2])), [2, 19, 24, 37])
        + both("four times", Resize(.scales([4, 4])), [1, 1, 20, 21])
        + both("hardly", Resize(.sizes([30, 75])), [1, 3, 29, 70])
        + both("half", Resize(.scales([0.5, 0.5])), [1, 20, 34, 66])
        + both(
            "nearest four times", Resize(.scales([4, 4]), mode: .nearest, coordinates: .asymmetric, rounding: .floor),
            [1, 33, 9, 23])
        + both("nearest down", Resize(.sizes([7, 40]), mode: .nearest), [1, 2, 20, 101])
        + both("volume", Resize(.scales([2, 2, 2])), [1, 5, 6, 9, 18])
        + both("six times", Resize(.scales([6, 6]), coordinates: .alignCorners), [1, 4, 5, 11])

    @Test(arguments: cases + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: cases + large) func gradientImplementationsMatchReference(_ testCase: OperatorCase) throws {
        let resize = try #require(testCase.op as? Resize)
        let x = try #require(testCase.inputs[0])
        let y = try resize.outputTypes([x])[0]
        let gradient = OperatorCase(testCase.name, ResizeGradient(resize: resize, inputShape: x.shape), [y])
        #expect(try OperatorChecks.implementationsMatchReference(gradient) == nil)
    }

    @Test(arguments: cases, [13, 17, 18, 20]) func whatIsWrittenIsReadBack(_ testCase: OperatorCase, _ opset: Int) throws {
        if (testCase.op as? Resize)?.coordinates == .halfPixelSymmetric, opset < 19 { return }
        #expect(try SpellingCheck.mismatch(testCase, opset: opset) == nil)
    }

    @Test(arguments: [DataType.int64, .uint8, .bool]) func nearestCopiesOtherTypes(_ type: DataType) throws {
        let resize = Resize(.scales([2, 0.5]), mode: .nearest, coordinates: .asymmetric, rounding: .floor)
        var random = SeededRandom(seed: 3)
        let x = random.tensor(TensorType(type, [1, 1, 2, 4]), in: 0...1)
        let v = x.doubles
        let expected = [v[0], v[2], v[0], v[2], v[4], v[6], v[4], v[6]]
        #expect(try GraphEvaluator().run(resize, [x])[0].doubles == expected)
        #expect(throws: GraphError.self) { try Resize(.sizes([2, 2])).outputTypes([x.type]) }
    }

    /// Scales that are written for sizes give these sizes again, for every pair of small sizes.
    @Test func writtenScalesKeepSizes() throws {
        for input in 1...40 {
            for output in 1...80 {
                let resize = Resize(.sizes([output]))
                guard case .lowered(let lower) = resize.onnx(opset: 17) else {
                    Issue.record("sizes are not lowered in opset 17")
                    return
                }
                var graph = Graph()
                let y = try lower(&graph, [graph.input("x", TensorType(.float32, [1, 1, input]))])[0]
                #expect(graph[y].type.shape == [1, 1, output])
                guard case .scales(let scales)? = (graph.nodes.last?.op as? Resize)?.target else {
                    Issue.record("\(input) to \(output) is not written by scales")
                    return
                }
                // Other readers multiply in double precision.
                #expect(Int(Double(input) * Double(scales[0])) == output)
            }
        }
    }

    @Test(arguments: [
        Resize.Target.sizes([0, 2]), .sizes([-1, 2]), .sizes([2]), .sizes([Int.max, 2]), .scales([0.1, 1]), .scales([.nan, 1]),
        .scales([-1, 1]), .scales([.infinity, 1]), .scales([1e30, 1]), .scales([1, 1, 1]),
    ]) func refusesSizes(_ target: Resize.Target) {
        #expect(throws: GraphError.self) { try Resize(target).outputTypes([TensorType(.float32, [1, 1, 4, 4])]) }
    }

    private static let floats = Tensor([Float(1), 1, 2, 2], shape: [4])
    private static let sizes = Tensor([Int64(2), 3, 8, 8], shape: [4])

    /// What is read of a node on `[2, 3, 4, 4]`: attributes, scales, sizes.
    private static func read(
        _ attributes: [String: OnnxValue], scales: Tensor? = nil, sizes: Tensor? = nil, opset: Int = 19
    ) throws -> Resize {
        let x = TensorType(.float32, [2, 3, 4, 4])
        var reader = OnnxReader(
            type: "Resize", opset: opset, attributes: attributes, inputs: [x, nil, scales?.type, sizes?.type],
            constants: [nil, nil, scales, sizes], outputCount: 1)
        let node = try #require(OnnxCompositionTable.all.first { $0.onnxTypes == ["Resize"] })
        var graph = Graph()
        let y = try node.init(onnx: &reader).emit(into: &graph, [graph.input("x", x)])[0]
        return try #require(graph.producer(of: y)?.op as? Resize)
    }

    @Test func emptyScalesBesideSizesAreAbsent() throws {
        let empty = Tensor([Float](), shape: [0])
        #expect(try Self.read([:], scales: empty, sizes: Self.sizes, opset: 11).target == .sizes([8, 8]))
        #expect(try Self.read(["axes": .ints([-1])], sizes: Tensor([Int64(9)], shape: [1])).target == .sizes([4, 9]))
    }

    @Test(arguments: [
        ["mode": OnnxValue.string("area")], ["coordinate_transformation_mode": .string("tf_crop_and_resize")],
        ["nearest_mode": .string("up")],
        ["axes": .ints([2, 2, 3, 3])], ["axes": .ints([0, 1, 2, 4])],
    ]) func refusesAttributes(_ attributes: [String: OnnxValue]) {
        #expect(throws: GraphError.self) { try Self.read(attributes, scales: Self.floats) }
    }

    @Test func refusesWhatItCannotMean() {
        #expect(throws: GraphError.self) { try Self.read([:]) }
        #expect(throws: GraphError.self) { try Self.read([:], scales: Self.floats, sizes: Self.sizes) }
        let policy = ["keep_aspect_ratio_policy": OnnxValue.string("not_larger")]
        #expect(throws: GraphError.self) { try Self.read(policy, sizes: Self.sizes) }
        #expect(throws: GraphError.self) { try Self.read([:], sizes: Tensor([Int64(2), -3, 8, 8], shape: [4])) }
        #expect(throws: GraphError.self) { try Self.read([:], scales: Tensor([Float(2), 2], shape: [2])) }
        #expect(throws: GraphError.self) { try Self.read([:], scales: Self.floats, opset: 10) }
    }
}
