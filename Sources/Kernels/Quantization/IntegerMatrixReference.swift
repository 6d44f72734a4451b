import Graph

/// Products of 8-bit integer matrices less their zero points, summed in int32, which wraps around.
struct IntegerMatrixReference: Sendable {
    private let product: MatrixProduct
    private let offsets: (left: [Int], right: [Int])
    private let a: ElementAccess
    private let b: ElementAccess
    private let transposeB: Bool

    init(_ a: TensorType, _ b: TensorType, transposeB: Bool = false, in subject: String) throws(KernelError) {
        do throws(GraphError) {
            self.product = try MatrixProduct(bytes: a, b, transposeB: transposeB, in: subject)
        } catch {
            throw KernelError(error)
        }
        self.offsets = self.product.batchOffsets
        self.a = ElementAccess(a.dataType)
        self.b = ElementAccess(b.dataType)
        self.transposeB = transposeB
    }

    /// How a scale or zero point is read for each element of the result.
    func spread(_ type: TensorType?, _ part: QuantizedPart) -> Spread? {
        guard let type, let strides = part.strides(of: type, over: self.product.matrixShape) else { return nil }
        return Spread(ElementAccess(type.dataType), StridedIndex(self.product.matrixShape, strides: [strides]))
    }

    /// A tensor that is read by the element of the result that it belongs to.
    struct Spread: Sendable {
        private let access: ElementAccess
        private let index: StridedIndex

        fileprivate init(_ access: ElementAccess, _ index: StridedIndex) {
            self.access = access
            self.index = index
        }

        func double(_ pointer: UnsafeRawPointer, _ element: Int) -> Double {
            self.access.double(pointer, self.index.offset(element, 0))
        }
    }

    /// Calls `body` with every element of the result and its sum.
    /// - Parameter zeros: the zero points of `a` and `b` for an element.
    func run(
        _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, zeros: (Int) -> (left: Int32, right: Int32), _ body: (Int, Int32) -> Void
    ) {
        let (m, n, k) = (self.product.m, self.product.n, self.product.k)
        let (rowB, columnB) = self.transposeB ? (1, k) : (n, 1)
        for batch in 0..<self.product.batchCount {
            for row in 0..<m {
                for column in 0..<n {
                    let element = (batch * m + row) * n + column
                    let (left, right) = zeros(element)
                    var sum = Int32(0)
                    for place in 0..<k {
                        let x = self.a.integer(a, self.offsets.left[batch] + row * k + place)
                        let w = self.b.integer(b, self.offsets.right[batch] + place * rowB + column * columnB)
                        sum &+= (Int32(truncatingIfNeeded: x) &- left) &* (Int32(truncatingIfNeeded: w) &- right)
                    }
                    body(element, sum)
                }
            }
        }
    }
}

extension KernelCall {
    /// An input as bytes.
    func rawInput(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(self.input(index, as: UInt8.self)) }

    /// An optional input as bytes.
    func optionalRawInput(_ index: Int) -> UnsafeRawPointer? {
        self.optionalInput(index, as: UInt8.self).map { UnsafeRawPointer($0) }
    }
}
