import Foundation
import Testing
@testable import Trainer

@Suite struct SampleFundusTests {
    @Test func gradesAreBalancedWithinSites() {
        let samples = (0..<200).map { SampleCase(seed: 11, index: $0) }
        for site in SampleSite.allCases {
            for eye in SampleEye.allCases {
                let grades = samples.filter { $0.site == site && $0.eye == eye }.map(\.grade)
                #expect((0..<5).map { grade in grades.count { $0 == grade } } == [10, 10, 10, 10, 10])
            }
        }
        let patients = Dictionary(grouping: samples, by: \.patient).values
        #expect(patients.allSatisfy { $0.count == 2 && Set($0.map(\.site)).count == 1 })
        #expect(patients.allSatisfy { abs($0[0].grade - $0[1].grade) <= 1 })
        #expect(patients.count { $0[0].grade != $0[1].grade } == 40)
        #expect(Set(samples.map(\.id)).count == 200)
        #expect(samples != (0..<200).map { SampleCase(seed: 12, index: $0) })
    }

    @Test func picturesAreAFunctionOfSeedAndNumber() {
        let first = SampleFundus.render(seed: 3, index: 7, size: 96)
        #expect(first == SampleFundus.render(seed: 3, index: 7, size: 96))
        #expect(first.rgb != SampleFundus.render(seed: 4, index: 7, size: 96).rgb)
        #expect(first.rgb != SampleFundus.render(seed: 3, index: 8, size: 96).rgb)
        #expect(first.rgb.count == 3 * first.width * first.height)
        #expect(first.lesionMask.count == first.width * first.height)
    }

    @Test func sitesHaveTheirFrames() {
        let a = SampleFundus.render(seed: 3, index: 0, size: 96)
        let b = SampleFundus.render(seed: 3, index: 10, size: 96)
        #expect((a.sample.site, a.width, a.height) == (.a, 96, 96))
        #expect((b.sample.site, b.width, b.height) == (.b, 96, 72))
        for image in [a, b] {
            // Corners lie outside the field of view, the middle inside.
            #expect(image.rgb.prefix(3).allSatisfy { $0 < 16 })
            let middle = 3 * (image.height / 2 * image.width + image.width / 2)
            #expect(image.rgb[middle] > 60)
            #expect(image.rgb[middle] > image.rgb[middle + 2])
        }
    }

    @Test(arguments: [0, 1, 10, 11, 23])
    func gradesDifferOnlyWhereLesionsAre(_ index: Int) {
        let healthy = SampleFundus.render(seed: 5, index: index, size: 160, grade: 0)
        #expect(healthy.lesionMask.allSatisfy { $0 == 0 })
        for grade in 1...4 {
            let ill = SampleFundus.render(seed: 5, index: index, size: 160, grade: grade)
            let width = ill.width
            var outside = 0
            var changed = 0
            for row in 0..<ill.height {
                for column in 0..<width {
                    let place = row * width + column
                    guard (0..<3).contains(where: { ill.rgb[3 * place + $0] != healthy.rgb[3 * place + $0] }) else { continue }
                    changed += 1
                    // The camera's blur carries a lesion one pixel further.
                    let rows: ClosedRange<Int> = max(row - 1, 0)...min(row + 1, ill.height - 1)
                    let columns: ClosedRange<Int> = max(column - 1, 0)...min(column + 1, width - 1)
                    let isNear = rows.contains { y in columns.contains { x in ill.lesionMask[y * width + x] == 1 } }
                    outside += isNear ? 0 : 1
                }
            }
            #expect(outside == 0, "grade \(grade)")
            #expect(changed > 20, "grade \(grade)")
        }
    }

    @Test func lesionLoadRisesWithTheGradeUpToSevere() {
        var load = Array(repeating: 0, count: 5)
        for index in 0..<6 {
            for grade in 0..<5 {
                let image = SampleFundus.render(seed: 9, index: index * 5, size: 128, grade: grade)
                load[grade] += image.lesionMask.count { $0 == 1 }
            }
        }
        #expect(load[0] == 0)
        #expect(load[1] > 0)
        #expect(load[2] > 2 * load[1])
        #expect(load[3] > 2 * load[2])
        #expect(load[4] > 2 * load[1])
    }

    @Test func anEyeIsMirroredByItsSide() {
        let right = SampleAnatomy(seed: 1, sample: SampleCase(seed: 1, index: 0))
        #expect(right.disc.x > right.fovea.x + 0.5)
        #expect(right.vessels.count > 300)
        let frame = SampleCamera(.a).frame(size: 200, eye: .left)
        #expect(frame.pixels(right.disc).x < frame.pixels(right.fovea).x)
        #expect(abs(frame.x(37) - -SampleCamera(.a).frame(size: 200, eye: .right).x(37)) < 1e-6)
    }

    @Test func smallestAndOddSizes() {
        for size in [32, 33, 65] {
            for index in [4, 15] {
                let image = SampleFundus.render(seed: 2, index: index, size: size, grade: 4)
                #expect(image.rgb.count == 3 * image.width * image.height)
                #expect(image.rgb.contains { $0 > 80 })
            }
        }
    }
}
