/// How a kernel slides over the spatial axes of an image-like tensor. Every list has one entry per spatial axis.
///
/// The kernel's own size is not part of it: a convolution takes it from its weights, a pooling operator keeps it beside.
package struct Window: Sendable, Hashable {
    package let strides: [Int]
    /// Distance between neighbouring taps; 1 is a dense kernel.
    package let dilations: [Int]
    /// Padding at the low end of each axis.
    package let padsBefore: [Int]
    /// Padding at the high end of each axis.
    package let padsAfter: [Int]
    /// Independent groups of channels; 1 for pooling.
    package let groups: Int

    /// - Parameters:
    ///   - dilations: ones when nil.
    ///   - padsBefore: zeros when nil.
    ///   - padsAfter: equal to `padsBefore` when nil.
    package init(
        strides: [Int], dilations: [Int]? = nil, padsBefore: [Int]? = nil, padsAfter: [Int]? = nil, groups: Int = 1
    ) {
        let before = padsBefore ?? strides.map { _ in 0 }
        self.strides = strides
        self.dilations = dilations ?? strides.map { _ in 1 }
        self.padsBefore = before
        self.padsAfter = padsAfter ?? before
        self.groups = groups
    }

    /// The same stride, padding and dilation along `rank` axes.
    package init(rank: Int = 2, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1) {
        self.init(
            strides: [Int](repeating: stride, count: rank), dilations: [Int](repeating: dilation, count: rank),
            padsBefore: [Int](repeating: padding, count: rank), groups: groups)
    }

    /// The number of spatial axes.
    package var rank: Int { self.strides.count }

    /// Checks that every list has `rank` entries in range.
    package func check(rank: Int, in subject: String) throws(GraphError) {
        let lists = [self.strides, self.dilations, self.padsBefore, self.padsAfter]
        guard rank >= 1, lists.allSatisfy({ $0.count == rank }) else {
            throw GraphError(.attribute, subject, "strides, dilations and pads must have \(rank) entries each, are \(lists)")
        }
        guard self.strides.allSatisfy({ $0 >= 1 }), self.dilations.allSatisfy({ $0 >= 1 }) else {
            throw GraphError(.attribute, subject, "strides \(self.strides) and dilations \(self.dilations) must be positive")
        }
        guard (self.padsBefore + self.padsAfter).allSatisfy({ $0 >= 0 }) else {
            throw GraphError(.attribute, subject, "pads \(self.padsBefore + self.padsAfter) must not be negative")
        }
        guard self.groups >= 1 else { throw GraphError(.attribute, subject, "group is \(self.groups)") }
    }

    /// Spatial sizes of the output for an input of spatial sizes `input`.
    /// - Parameter ceiling: round up, as `ceil_mode` says; a window that would start behind the input and its low
    ///   padding is dropped.
    package func outputSizes(
        _ input: [Int], kernel: [Int], ceiling: Bool = false, in subject: String
    ) throws(GraphError) -> [Int] {
        try self.check(rank: input.count, in: subject)
        guard kernel.count == input.count, kernel.allSatisfy({ $0 >= 1 }) else {
            throw GraphError(.attribute, subject, "kernel \(kernel) does not fit \(input.count) spatial axes")
        }
        var sizes: [Int] = []
        for axis in input.indices {
            let stride = self.strides[axis]
            let (reach, overflow) = (kernel[axis] - 1).multipliedReportingOverflow(by: self.dilations[axis])
            let (padding, padOverflow) = self.padsBefore[axis].addingReportingOverflow(self.padsAfter[axis])
            let (padded, sumOverflow) = input[axis].addingReportingOverflow(padding)
            guard !overflow, !padOverflow, !sumOverflow, padded > reach else {
                throw GraphError(
                    .shape, subject,
                    "kernel \(kernel[axis]) with dilation \(self.dilations[axis]) is larger than axis \(axis) "
                        + "of \(input) with its padding")
            }
            let room = padded - reach - 1
            var size = room / stride + 1
            let (next, isFar) = size.multipliedReportingOverflow(by: stride)
            if ceiling, room % stride != 0, !isFar, next < input[axis] + self.padsBefore[axis] { size += 1 }
            sizes.append(size)
        }
        return sizes
    }
}

extension Window {
    /// Reads `strides`, `dilations`, `pads`, `auto_pad` and `group` of a convolution or pooling node.
    /// - Parameters:
    ///   - input: spatial sizes of the input, which `SAME_UPPER` and `SAME_LOWER` need.
    package init(onnx reader: inout OnnxReader, kernel: [Int], input: [Int]) throws(GraphError) {
        let rank = input.count
        let strides = try reader.ints("strides") ?? [Int](repeating: 1, count: rank)
        let dilations = try reader.ints("dilations") ?? [Int](repeating: 1, count: rank)
        let pads = try reader.ints("pads")
        let groups = try reader.int("group") ?? 1
        let automatic = try reader.string("auto_pad") ?? "NOTSET"
        guard kernel.count == rank, strides.count == rank, dilations.count == rank, pads?.count ?? 2 * rank == 2 * rank else {
            throw GraphError(.attribute, reader.type, "kernel_shape, strides, dilations or pads do not have \(rank) spatial axes")
        }
        guard strides.allSatisfy({ $0 >= 1 }) else {
            throw GraphError(.attribute, reader.type, "strides \(strides) must be positive")
        }
        var before = [Int](repeating: 0, count: rank)
        var after = before
        switch automatic {
        case "NOTSET":
            if let pads {
                before = Array(pads.prefix(rank))
                after = Array(pads.suffix(rank))
            }
        case "VALID": break
        case "SAME_UPPER", "SAME_LOWER":
            for axis in 0..<rank {
                let total = try Window.samePadding(
                    input[axis], kernel[axis], stride: strides[axis], dilation: dilations[axis], in: reader.type)
                let small = total / 2
                before[axis] = automatic == "SAME_UPPER" ? small : total - small
                after[axis] = total - before[axis]
            }
        default: throw GraphError(.attribute, reader.type, "auto_pad is \(automatic)")
        }
        self.init(strides: strides, dilations: dilations, padsBefore: before, padsAfter: after, groups: groups)
        try self.check(rank: rank, in: reader.type)
    }

    /// Padding of both ends together that makes the output `ceil(size / stride)` long.
    private static func samePadding(
        _ size: Int, _ kernel: Int, stride: Int, dilation: Int, in subject: String
    ) throws(GraphError) -> Int {
        guard size >= 1 else { throw GraphError(.shape, subject, "a spatial axis has size \(size)") }
        let (reach, overflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
        let (end, endOverflow) = ((size - 1) / stride * stride).addingReportingOverflow(reach)
        guard !overflow, !endOverflow else { throw GraphError(.attribute, subject, "kernel and dilation are too large") }
        return max(end - (size - 1), 0)
    }

    /// The ONNX attributes that say this window.
    package var onnxAttributes: [(name: String, value: OnnxValue)] {
        var attributes: [(name: String, value: OnnxValue)] = [
            ("strides", .ints(self.strides)), ("pads", .ints(self.padsBefore + self.padsAfter)),
        ]
        if self.dilations.contains(where: { $0 != 1 }) { attributes.append(("dilations", .ints(self.dilations))) }
        if self.groups != 1 { attributes.append(("group", .int(self.groups))) }
        return attributes
    }
}
