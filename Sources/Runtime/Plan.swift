package import Graph
package import Kernels
#if canImport(Glibc)
    import Glibc
#endif

/// A graph bound to kernels, weights and memory, ready to run; `run` allocates nothing.
///
/// A plan belongs to one thread at a time. The pointers of every kernel are fixed when the plan is made.
package final class Plan: @unchecked Sendable {
    package struct Options: Sendable {
        package var threads: Int
        /// Parameters whose bytes never change while the plan lives; kernels may pack them.
        package var frozen: Set<String>
        /// Every value stays readable after a run, for comparing node by node.
        package var keepsEverything: Bool
        /// Most bytes of intermediate values and scratch.
        package var mostBytes: Int

        package init(
            threads: Int, frozen: Set<String> = [], keepsEverything: Bool = false, mostBytes: Int = .max
        ) {
            self.threads = threads
            self.frozen = frozen
            self.keepsEverything = keepsEverything
            self.mostBytes = mostBytes
        }
    }

    private struct Step {
        let kernel: any Kernel
        let call: KernelCall
        let node: Int
    }

    package let graph: Graph
    /// Name of the implementation of each node, in order; `view` where nothing is computed.
    package let implementations: [String]
    /// Bytes of intermediate values and scratch.
    package let arenaByteCount: Int
    private let steps: [Step]
    private let arena: TensorStorage
    private let addresses: [UnsafeMutableRawPointer]
    private let copies: [(from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, byteCount: Int)]
    private let bound: [Tensor]
    private let inputIndices: [String: ValueID]

    /// - Parameters:
    ///   - parameters: a tensor for every parameter, by name; updates write into them.
    ///   - packs: packed weights, shared by the plans of one model.
    package init(
        _ graph: Graph, parameters: [String: Tensor], packs: PackStore, options: Options
    ) throws(RuntimeError) {
        self.graph = graph
        var tensors: [ValueID: Tensor] = [:]
        for (index, value) in graph.values.enumerated() {
            if case .constant(let tensor) = value.origin { tensors[ValueID(index: index)] = tensor }
        }
        for id in graph.parameters {
            guard let tensor = parameters[graph[id].name], tensor.type == graph[id].type else {
                throw RuntimeError(.input, graph[id].name, "no tensor of type \(graph[id].type) is bound to this parameter")
            }
            tensors[id] = tensor
        }
        let unchanging = tensors.filter { id, _ in
            graph[id].constant != nil || options.frozen.contains(graph[id].name)
        }
        let made = try Self.kernels(for: graph, constants: unchanging, packs: packs, threads: options.threads)
        self.implementations = made.map(\.name)
        let memory = MemoryPlan(graph, kernels: made.map(\.kernel), keepsEverything: options.keepsEverything)
        let workspace = made.reduce(0) { max($0, $1.kernel?.workspaceByteCount ?? 0) }
        self.arenaByteCount = memory.arenaByteCount + workspace
        guard self.arenaByteCount <= options.mostBytes else {
            throw RuntimeError(
                .outOfMemory, "plan", "\(self.arenaByteCount) bytes are needed, at most \(options.mostBytes) may be taken")
        }
        self.arena = try Self.allocate(self.arenaByteCount)
        guard let base = self.arena.bytes.baseAddress else {
            throw RuntimeError(.outOfMemory, "plan", "\(self.arenaByteCount) bytes are not available")
        }
        let read = Self.readConstants(graph, made.map(\.kernel))
        let addresses = memory.homes.map { home in
            switch home {
            case .tensor(let id):
                // Weights that kernels have packed are not touched, so that they need not be copied where they lie unaligned.
                graph[id].constant == nil || read.contains(id) ? tensors[id].map(\.rawPointer) ?? base : base
            case .arena(let buffer): base + memory.offsets[buffer]
            }
        }
        self.addresses = addresses
        self.bound = Array(tensors.values)
        self.copies = memory.copies.map {
            (addresses[$0.value.index], addresses[$0.parameter.index], graph[$0.value].type.byteCount)
        }
        let scratch = base + memory.arenaByteCount
        self.steps = graph.nodes.indices.compactMap { index in
            made[index].kernel.map { kernel in
                let node = graph.nodes[index]
                let call = KernelCall(
                    inputs: node.inputs.map { $0.map { addresses[$0.index] } },
                    outputs: node.outputs.map { addresses[$0.index] }, workspace: scratch)
                return Step(kernel: kernel, call: call, node: index)
            }
        }
        self.inputIndices = Dictionary(uniqueKeysWithValues: graph.inputs.map { (graph[$0].name, $0) })
    }

    /// Anonymous pages: the kernel gives zeroed memory only where it is touched.
    private static func allocate(_ byteCount: Int) throws(RuntimeError) -> TensorStorage {
        let size = max(byteCount, 4096)
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), base != MAP_FAILED else {
            throw RuntimeError(.outOfMemory, "plan", "\(size) bytes are not available")
        }
        madvise(base, size, MADV_HUGEPAGE)
        return TensorStorage(adopting: UnsafeMutableRawBufferPointer(start: base, count: size)) {
            munmap($0.baseAddress, $0.count)
        }
    }

    private static func kernels(
        for graph: Graph, constants: [ValueID: Tensor], packs: PackStore, threads: Int
    ) throws(RuntimeError) -> [(name: String, kernel: (any Kernel)?)] {
        var result: [(name: String, kernel: (any Kernel)?)] = []
        result.reserveCapacity(graph.nodes.count)
        for node in graph.nodes {
            if node.op is any ViewOperator {
                result.append(("view", nil))
                continue
            }
            let problem = KernelProblem(
                inputs: node.inputs.map { $0.map { graph[$0].type } }, outputs: node.outputs.map { graph[$0].type },
                constants: node.inputs.map { $0.flatMap { constants[$0] } }, packs: packs, threads: threads)
            do throws(KernelError) {
                guard let executable = node.op as? any Executable else {
                    throw KernelError(.unsupported, node.op.name, "no kernel is linked into this program")
                }
                let made = try executable.kernel(for: problem)
                result.append((made.name, made.kernel))
            } catch {
                throw RuntimeError(error, at: node)
            }
        }
        return result
    }

    /// Constants whose bytes somebody reads when the plan runs.
    private static func readConstants(_ graph: Graph, _ kernels: [(any Kernel)?]) -> Set<ValueID> {
        var read = Set(graph.outputs.map(\.value) + graph.updates.map(\.value))
        for (node, kernel) in zip(graph.nodes, kernels) {
            let packed = kernel?.packedInputs ?? []
            for (index, input) in node.inputs.enumerated() where !packed.contains(index) {
                if let input { read.insert(input) }
            }
        }
        return read
    }

    /// Copies a tensor into the plan's input.
    package func setInput(_ name: String, _ tensor: Tensor) throws(RuntimeError) {
        let target = try self.inputElements(name)
        guard tensor.type == target.type else {
            throw RuntimeError(.input, name, "is \(tensor.type), must be \(target.type)")
        }
        target.rawPointer.copyMemory(from: tensor.rawPointer, byteCount: tensor.type.byteCount)
    }

    package func hasInput(_ name: String) -> Bool { self.inputIndices[name] != nil }

    /// The plan's own memory of an input, to be filled before `run`. It may be overwritten by a run.
    package func inputElements(_ name: String) throws(RuntimeError) -> Tensor {
        guard let id = self.inputIndices[name] else {
            throw RuntimeError(.input, name, "is no input; the inputs are \(self.inputIndices.keys.sorted())")
        }
        return self.view(id)
    }

    /// Runs every kernel in order, then applies the updates that were not made in place.
    package func run() throws(RuntimeError) {
        for step in self.steps {
            do throws(KernelError) {
                try step.kernel.run(step.call)
            } catch {
                throw RuntimeError(error, at: self.graph.nodes[step.node])
            }
        }
        for copy in self.copies { copy.to.copyMemory(from: copy.from, byteCount: copy.byteCount) }
    }

    /// Runs once and returns the seconds spent in each node.
    package func profile() throws(RuntimeError) -> [(node: Node, implementation: String, seconds: Double)] {
        var result: [(node: Node, implementation: String, seconds: Double)] = []
        let clock = ContinuousClock()
        for step in self.steps {
            let start = clock.now
            do throws(KernelError) {
                try step.kernel.run(step.call)
            } catch {
                throw RuntimeError(error, at: self.graph.nodes[step.node])
            }
            let duration = clock.now - start
            let seconds = Double(duration.components.attoseconds) * 1e-18 + Double(duration.components.seconds)
            result.append((self.graph.nodes[step.node], self.implementations[step.node], seconds))
        }
        for copy in self.copies { copy.to.copyMemory(from: copy.from, byteCount: copy.byteCount) }
        return result
    }

    /// The plan's memory of an output; valid until the next run.
    package func output(_ name: String) throws(RuntimeError) -> Tensor {
        guard let output = self.graph.outputs.first(where: { $0.name == name }) else {
            throw RuntimeError(.input, name, "is no output; the outputs are \(self.graph.outputs.map(\.name))")
        }
        return self.view(output.value)
    }

    /// The plan's memory of any value; meaningful after a run when the plan keeps everything.
    package func view(_ id: ValueID) -> Tensor {
        let type = self.graph[id].type
        let storage = TensorStorage(
            adopting: UnsafeMutableRawBufferPointer(start: self.addresses[id.index], count: max(type.byteCount, 1))
        ) { [self] _ in withExtendedLifetime(self) {} }
        return Tensor(type, storage: storage)
    }
}

extension Tensor {
    /// A copy with bytes of its own.
    package func copied() -> Tensor {
        let copy = Tensor(zeros: self.type)
        copy.rawPointer.copyMemory(from: self.rawPointer, byteCount: self.type.byteCount)
        return copy
    }
}
