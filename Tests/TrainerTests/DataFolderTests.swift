import Foundation
import TestSupport
import Testing
@testable import Trainer

@Suite struct DataFolderTests {
    @Test func picturesAreFoundByExtension() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for name in ["a.png", "b.jpg", "c.jpeg", "d.JPG", "e.JPEG", "f.PNG", "g.bmp", "two.png", "two.jpg", "whole.png"] {
            _ = try folder.write(name, name)
        }
        let images = try ImageFolder(folder.url)
        let labels = try table("id_code,diagnosis\na,0\nb,0\nc,0\nd,0\ne,0\nf,0\n")
        let names = try images.resolve(labels).map(\.lastPathComponent)
        #expect(names == ["a.png", "b.jpg", "c.jpeg", "d.JPG", "e.JPEG", "f.PNG"])
        let bad = try table("id_code,diagnosis\na,0\ng,0\ntwo,0\nwhole.png,0\n")
        let error = try #require(failure { () throws(DataError) in try images.resolve(bad) })
        #expect(error.problems.map(\.code) == [.missingImage, .ambiguousImage, .missingImage])
        #expect(error.problems.map(\.line) == [3, 4, 5])
        #expect(error.problems[1].message.contains("'two.png' and 'two.jpg'"))
        #expect(error.problems[2].message.contains("leave the extension out"))
        #expect(try #require(failure { () throws(DataError) in try images.resolve("../a") }).code == .badIdentifier)
        let absent = folder.url.appendingPathComponent("absent")
        #expect(try #require(failure { () throws(DataError) in try ImageFolder(absent) }).code == .unreadable)
    }

    @Test func equalPicturesAreFound() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let contents = ["a": "same picture", "b": "other-picture", "c": "same picture", "d": "none", "e": "other-picture"]
        for (name, text) in contents { _ = try folder.write("\(name).png", text) }
        let labels = try table("id_code,diagnosis\na,0\nb,1\nc,3\nd,2\ne,1\n")
        let duplicates = try DuplicatePictures(try ImageFolder(folder.url).resolve(labels))
        #expect(duplicates.groups == [[0, 2], [1, 4]])
        let conflicts = duplicates.conflicts(in: labels)
        #expect(conflicts.map(\.message) == ["one picture has different grades: 'a' (grade 0), 'c' (grade 3)"])
        let parts: [SplitPart] = [.train, .train, .train, .train, .test]
        let leaks = duplicates.leaks(in: labels, parts: parts)
        #expect(leaks.map(\.message) == ["one picture is in different parts: 'b' (train), 'e' (test)"])
        let error = try #require(failure { () throws(DataError) in try duplicates.check(labels, parts: parts) })
        #expect(error.problems.map(\.code) == [.conflictingLabels, .leakage])
        #expect(duplicates.rowsToDrop(in: labels) == [0, 2, 4])
        #expect(labels.removing([0, 2, 4]).rows.map(\.id) == ["b", "d"])
    }

    @Test func equalPicturesOfTwoTables() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for (name, text) in ["a": "one", "b": "two", "c": "one"] { _ = try folder.write("\(name).png", text) }
        let images = try ImageFolder(folder.url)
        let train = try table("id_code,diagnosis\na,0\n", name: "train.csv")
        let test = try table("id_code,diagnosis\nb,1\nc,0\n", name: "test.csv")
        let error = failure { () throws(DataError) in
            try DuplicatePictures.checkApart((train, try images.resolve(train)), (test, try images.resolve(test)))
        }
        #expect(try #require(error).problems.map(\.description) == ["test.csv:3: picture 'c' equals 'a' on line 2 of train.csv"])
        try DuplicatePictures.checkApart((train, try images.resolve(train)), (train, []))
    }

    @Test func realPicturesWithKnownDuplicates() throws {
        guard let folder = sharedData("fundus_mexico_tvhl") else { return }
        let labels = try LabelTable(file: folder.appendingPathComponent("labels.csv"), classes: 5)
        let files = try ImageFolder(folder.appendingPathComponent("images")).resolve(labels)
        let duplicates = try DuplicatePictures(files)
        let found = duplicates.groups.map { group in Set(group.map { labels.rows[$0].id }) }
        let csv = try CSVFile(Array(Data(contentsOf: folder.appendingPathComponent("known_duplicates.csv"))), name: "known")
        let known = Dictionary(grouping: csv.records.dropFirst(), by: { $0.fields[0].text })
            .values.map { Set($0.map { $0.fields[1].text }) }
        #expect(!known.isEmpty)
        #expect(Set(known).isSubset(of: Set(found)))
        let parts = try PatientSplit(train: 0.6, validation: 0.2, test: 0.2, seed: 3)
            .assign(labels.rows, linked: duplicates.groups)
        #expect(duplicates.leaks(in: labels, parts: parts).isEmpty)
    }

    @Test func realPicturesWithConflictingGrades() throws {
        guard let folder = sharedData("fundus_srahim") else { return }
        let all = try LabelTable(file: folder.appendingPathComponent("labels_full.csv"), classes: 5)
        let flag = try #require(all.columns.firstIndex(of: "in_known_issues"))
        let labels = all.removing(Set(all.rows.indices.filter { all.rows[$0].cells[flag] != "1" }))
        let files = try ImageFolder(folder.appendingPathComponent("known_issues")).resolve(labels)
        let duplicates = try DuplicatePictures(files)
        #expect(labels.rows.count == 4)
        #expect(duplicates.conflicts(in: labels).count == 2)
        #expect(duplicates.rowsToDrop(in: labels) == [0, 1, 2, 3])
    }

    @Test func realPatientsStayTogether() throws {
        guard let folder = sharedData("fundus_srahim") else { return }
        let labels = try LabelTable(file: folder.appendingPathComponent("labels_full.csv"), classes: 5)
        #expect(labels.rows.count > 400)
        let parts = try PatientSplit(train: 0.7, validation: 0.15, test: 0.15, seed: 1).assign(labels.rows)
        let byPatient = Dictionary(grouping: zip(labels.rows, parts), by: { $0.0.patient })
        #expect(byPatient.values.allSatisfy { Set($0.map(\.1)).count == 1 })
        #expect(SplitSummary.of(labels, parts: parts).map(\.part) == [.train, .validation, .test])
    }
}
