extension Window {
    /// Spatial sizes of the output of a transposed convolution.
    package func transposedSizes(
        _ input: [Int], kernel: [Int], outputPadding: [Int], in subject: String
    ) throws(GraphError) -> [Int] {
        try self.check(rank: input.count, in: subject)
        guard kernel.count == input.count, kernel.allSatisfy({ $0 >= 1 }), input.allSatisfy({ $0 >= 1 }) else {
            throw GraphError(.shape, subject, "kernel \(kernel) on spatial sizes \(input)")
        }
        guard outputPadding.count == input.count,
            zip(outputPadding, self.strides).allSatisfy({ $0 >= 0 && $0 < $1 })
        else {
            throw GraphError(
                .attribute, subject, "output_padding \(outputPadding) must be at least 0 and less than strides \(self.strides)")
        }
        var sizes: [Int] = []
        for axis in input.indices {
            let whole = try Self.transposedReach(
                input[axis], kernel[axis], stride: self.strides[axis], dilation: self.dilations[axis], in: subject)
            let (grown, overflow) = whole.addingReportingOverflow(outputPadding[axis])
            let (padding, padOverflow) = self.padsBefore[axis].addingReportingOverflow(self.padsAfter[axis])
            let size = overflow || padOverflow ? 0 : grown - padding
            guard size >= 1 else {
                throw GraphError(.shape, subject, "pads take everything of axis \(axis): \(whole) elements without them")
            }
            sizes.append(size)
        }
        return sizes
    }

    /// Elements that an axis of the output has before padding is taken off.
    private static func transposedReach(
        _ size: Int, _ kernel: Int, stride: Int, dilation: Int, in subject: String
    ) throws(GraphError) -> Int {
        let (steps, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
        let (reach, reachOverflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
        // Leaves room for the padding, which is added and taken off without checks.
        guard !overflow, !reachOverflow, steps < Int.max / 4, reach < Int.max / 4 else {
            throw GraphError(.attribute, subject, "strides, kernel and dilations are too large")
        }
        return steps + reach + 1
    }
}

extension ConvTranspose {
    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard reader.inputs.count >= 2, let x = reader.inputs[0], let w = reader.inputs[1], x.rank >= 3, w.rank == x.rank else {
            throw GraphError(.shape, reader.type, "x and w need the same number of axes, at least three")
        }
        let kernel = Array(w.shape.dropFirst(2))
        let input = Array(x.shape.dropFirst(2))
        if let given = try reader.ints("kernel_shape"), given != kernel {
            throw GraphError(.attribute, reader.type, "kernel_shape is \(given), w is \(w)")
        }
        var outputPadding = try reader.ints("output_padding") ?? kernel.map { _ in 0 }
        guard outputPadding.count == kernel.count, outputPadding.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) }) else {
            throw GraphError(.attribute, reader.type, "output_padding is \(outputPadding)")
        }
        // Batch and channels may stand in front.
        let wanted = try reader.ints("output_shape").map { $0.count == x.rank ? Array($0.dropFirst(2)) : $0 }
        let automatic = try reader.string("auto_pad") ?? "NOTSET"
        let isSame = ["SAME_UPPER", "SAME_LOWER"].contains(automatic)
        guard isSame || ["NOTSET", "VALID"].contains(automatic) else {
            throw GraphError(.attribute, reader.type, "auto_pad is \(automatic)")
        }
        // What is left to read does not depend on the way of padding.
        var window = try Window(onnx: &reader, kernel: kernel, input: input)
        guard isSame || wanted != nil else {
            guard automatic == "NOTSET" || (window.padsBefore + window.padsAfter).allSatisfy({ $0 == 0 }) else {
                throw GraphError(.attribute, reader.type, "auto_pad is VALID beside pads \(window.padsBefore + window.padsAfter)")
            }
            self.init(window: window, outputPadding: outputPadding)
            return
        }
        let sizes = wanted ?? zip(input, window.strides).map { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard sizes.count == kernel.count, sizes.allSatisfy({ $0 >= 1 }) else {
            throw GraphError(.attribute, reader.type, "output_shape is \(sizes)")
        }
        window = try window.fitting(
            sizes, input: input, kernel: kernel, outputPadding: &outputPadding, largerHalfInFront: automatic != "SAME_UPPER",
            in: reader.type)
        self.init(window: window, outputPadding: outputPadding)
    }
}

extension Window {
    /// The window with the padding that makes an output of `sizes`; what padding cannot remove is added to `outputPadding`.
    fileprivate func fitting(
        _ sizes: [Int], input: [Int], kernel: [Int], outputPadding: inout [Int], largerHalfInFront: Bool, in subject: String
    ) throws(GraphError) -> Window {
        var before: [Int] = []
        var after: [Int] = []
        for axis in sizes.indices {
            guard input[axis] >= 1, kernel[axis] >= 1 else { throw GraphError(.shape, subject, "kernel \(kernel) on \(input)") }
            let whole = try Self.transposedReach(
                input[axis], kernel[axis], stride: self.strides[axis], dilation: self.dilations[axis], in: subject)
            let (excess, overflow) = (whole + outputPadding[axis]).subtractingReportingOverflow(sizes[axis])
            guard !overflow else { throw GraphError(.attribute, subject, "output_shape is \(sizes)") }
            if excess < 0 { outputPadding[axis] -= excess }
            let total = max(excess, 0)
            before.append(largerHalfInFront ? total - total / 2 : total / 2)
            after.append(total - before[axis])
        }
        return Window(
            strides: self.strides, dilations: self.dilations, padsBefore: before, padsAfter: after, groups: self.groups)
    }
}
