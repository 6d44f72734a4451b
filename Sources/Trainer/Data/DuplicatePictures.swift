package import Foundation

/// Byte-identical pictures among the files of a table.
package struct DuplicatePictures: Sendable, Equatable {
    /// Groups of row numbers whose files are equal, each of two or more, ascending.
    package let groups: [[Int]]

    private static let largestFile = 1 << 30

    /// Compares the contents of `files`; only files of equal size are read.
    package init(_ files: [URL]) throws(DataError) {
        var bySize: [Int: [Int]] = [:]
        for (number, file) in files.enumerated() {
            bySize[try DuplicatePictures.size(of: file), default: []].append(number)
        }
        var groups: [[Int]] = []
        for numbers in bySize.values where numbers.count > 1 {
            groups += try DuplicatePictures.equalGroups(numbers, files)
        }
        self.groups = groups.sorted { $0[0] < $1[0] }
    }

    /// Row numbers whose removal leaves every picture once: all copies of a picture whose grades disagree, because none can
    /// be trusted, and all but the first copy of the others.
    package func rowsToDrop(in table: LabelTable) -> Set<Int> {
        self.groups.reduce(into: []) { dropped, group in
            let agree = Set(group.map { table.rows[$0].grade }).count == 1
            dropped.formUnion(agree ? group.dropFirst() : group[...])
        }
    }

    /// Equal pictures with different grades.
    package func conflicts(in table: LabelTable) -> [DataProblem] {
        self.groups.compactMap { group in
            guard Set(group.map { table.rows[$0].grade }).count > 1 else { return nil }
            let names = group.map { "'\(shown(table.rows[$0].id))' (grade \(table.rows[$0].grade))" }
            let message = "one picture has different grades: \(names.joined(separator: ", "))"
            return DataProblem(.conflictingLabels, file: table.name, line: table.rows[group[0]].line, message)
        }
    }

    /// Equal pictures in different parts; `parts` has one element for each row.
    package func leaks(in table: LabelTable, parts: [SplitPart]) -> [DataProblem] {
        precondition(parts.count == table.rows.count, "parts and rows differ in length")
        return self.groups.compactMap { group in
            guard Set(group.map { parts[$0] }).count > 1 else { return nil }
            let names = group.map { "'\(shown(table.rows[$0].id))' (\(parts[$0].rawValue))" }
            let message = "one picture is in different parts: \(names.joined(separator: ", "))"
            return DataProblem(.leakage, file: table.name, line: table.rows[group[0]].line, message)
        }
    }

    /// Refuses equal pictures with different grades or in different parts.
    package func check(_ table: LabelTable, parts: [SplitPart]? = nil) throws(DataError) {
        let leaks = parts.map { self.leaks(in: table, parts: $0) } ?? []
        try (self.conflicts(in: table) + leaks).raise(about: table.name)
    }

    /// Refuses pictures of one table that are also in another, as byte-identical files.
    package static func checkApart(
        _ first: (table: LabelTable, files: [URL]), _ second: (table: LabelTable, files: [URL])
    ) throws(DataError) {
        let count = first.files.count
        let problems = try DuplicatePictures(first.files + second.files).groups.compactMap { group -> DataProblem? in
            guard let left = group.first(where: { $0 < count }), let right = group.first(where: { $0 >= count }) else {
                return nil
            }
            let row = second.table.rows[right - count]
            let other = first.table.rows[left]
            let place = "'\(shown(other.id))' on line \(other.line) of \(first.table.name)"
            return DataProblem(
                .leakage, file: second.table.name, line: row.line, "picture '\(shown(row.id))' equals \(place)")
        }
        try problems.raise(about: second.table.name)
    }

    private static func size(of file: URL) throws(DataError) -> Int {
        let values = try? file.resolvingSymlinksInPath().resourceValues(forKeys: [.fileSizeKey])
        guard let size = values?.fileSize else {
            throw DataError(.unreadable, file.lastPathComponent, "the file's size cannot be read")
        }
        return size
    }

    /// Groups files of one size by content: by hash, then by comparison with the first of the same hash.
    private static func equalGroups(_ numbers: [Int], _ files: [URL]) throws(DataError) -> [[Int]] {
        var byHash: [UInt64: [[Int]]] = [:]
        for number in numbers {
            let content = try readFile(files[number], largest: largestFile)
            let hash = content.withUnsafeBytes(fingerprint)
            var groups = byHash[hash] ?? []
            var place: Int?
            for (index, group) in groups.enumerated() where place == nil {
                if try readFile(files[group[0]], largest: largestFile) == content { place = index }
            }
            if let place { groups[place].append(number) } else { groups.append([number]) }
            byHash[hash] = groups
        }
        return byHash.values.flatMap { $0.filter { $0.count > 1 } }
    }
}

/// FNV-1a over 64-bit words, then over the remaining bytes.
private func fingerprint(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let words = bytes.count / 8
    for word in 0..<words {
        hash = (hash ^ bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)) &* 0x0000_0100_0000_01B3
        hash ^= hash >> 29
    }
    for byte in bytes.dropFirst(words * 8) {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return hash
}
