package import Graph

/// Puts elements of one tensor into another of the same type, or joins them with what is there.
package struct ElementUpdate: Sendable {
    private let access: ElementAccess
    private let order: ElementOrder
    private let reduction: ScatterReduction

    package init(_ type: DataType, _ reduction: ScatterReduction) {
        self.access = ElementAccess(type)
        self.order = ElementOrder(type)
        self.reduction = reduction
    }

    /// Element `source` of `updates` meets element `target` of `y`.
    package func apply(
        _ updates: UnsafeRawPointer, _ source: Int, to y: UnsafeMutableRawPointer, _ target: Int
    ) {
        let size = self.access.type.byteCount
        guard self.reduction != .none else {
            (y + target * size).copyMemory(from: updates + source * size, byteCount: size)
            return
        }
        if self.access.isFloating {
            let (a, b) = (self.access.double(y, target), self.access.double(updates, source))
            self.access.store(self.joined(a, b), y, target)
        } else {
            let (a, b) = (self.access.integer(y, target), self.access.integer(updates, source))
            self.access.store(integer: self.joined(a, b), y, target)
        }
    }

    /// NaN wins.
    private func joined(_ a: Double, _ b: Double) -> Double {
        switch self.reduction {
        case .none: b
        case .add: a + b
        case .mul: a * b
        case .max: a > b || a.isNaN ? a : b
        case .min: a < b || a.isNaN ? a : b
        }
    }

    private func joined(_ a: Int64, _ b: Int64) -> Int64 {
        switch self.reduction {
        case .none: b
        case .add: a &+ b
        case .mul: a &* b
        case .max: self.order.larger(a, b)
        case .min: self.order.smaller(a, b)
        }
    }
}
