import GRDB
import Synchronization

extension VectorIndex {
    /// The view of the transaction's state: the last one, with what has changed since.
    func currentView(_ db: Database) throws -> IndexView {
        let description = try StoreDescription(db, path: self.store.path)
        let held = self.view.withLock { $0 }
        // A new snapshot forgets the removals before it, so that an older view cannot be brought up to date.
        if let held, held.snapshot == description.snapshot, held.generation == description.generation { return held }
        var view: IndexView
        if let held, held.snapshot == description.snapshot, held.generation < description.generation {
            view = held
        } else {
            view = self.snapshotView(description.snapshot)
        }
        let table = EntryTable(db: db, path: self.store.path)
        for number in try table.removals(after: view.generation) { view.remove(number) }
        let newer = try table.count(after: view.lastNumber)
        if newer > 0 { view.append(try self.segment(newer, after: view.lastNumber, in: table)) }
        view.generation = description.generation
        self.view.withLock { [view] held in
            if held.map({ $0.snapshot != view.snapshot || $0.generation < view.generation }) ?? true { held = view }
        }
        return view
    }

    /// The state of the snapshot's file; an empty one when there is none that fits.
    private func snapshotView(_ mark: SnapshotMark?) -> IndexView {
        guard let mark, let file = SnapshotFile(self.snapshotPath, model: self.model, mark: mark) else {
            return IndexView(generation: 0, snapshot: mark, mapped: nil)
        }
        return IndexView(generation: mark.generation, snapshot: mark, mapped: (file.segment, file.header.lastNumber))
    }

    /// The `count` entries that were added after one, in memory.
    private func segment(_ count: Int, after number: Int64, in table: EntryTable) throws -> Segment {
        let cursor = try table.vectors(after: number, dimension: self.model.dimension)
        return try Segment(count: count, dimension: self.model.dimension) { _, elements in
            guard let entry = try cursor.next(into: elements) else {
                throw IndexError(.internal, self.path, "fewer entries than were counted")
            }
            return entry
        }
    }
}
