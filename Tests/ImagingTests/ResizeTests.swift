import Foundation
import Imaging
import Testing

@Suite struct ResizeTests {
    struct File: Decodable {
        var sources: [String: StoredImage]
        var cases: [Case]
    }

    struct Case: Decodable {
        var name: String
        var source: String
        var filter: ResizeFilter
        var width: Int
        var height: Int
        var pixels: Data
    }

    @Test func bitEqualToPillow() throws {
        let file: File = try Golden.read("resize")
        #expect(file.cases.count > 50)
        for testCase in file.cases {
            let source = try #require(file.sources[testCase.source]).image
            let expected = Image(width: testCase.width, height: testCase.height, pixels: Array(testCase.pixels))
            let actual = try source.resized(width: testCase.width, height: testCase.height, filter: testCase.filter)
            #expect(mismatch(actual, expected) == nil, "\(testCase.name)")
        }
    }

    /// The 4 x 5 picture 0, 12, ..., 228 of the specification, F11.
    @Test func specificationValues() throws {
        let source = grey((0..<20).map { $0 * 12 }, width: 5)
        let expected: [(ResizeFilter, [Int])] = [
            (.bilinear, [48, 67, 86, 142, 161, 180]), (.bicubic, [39, 59, 79, 149, 169, 189]),
            (.lanczos, [36, 56, 76, 152, 172, 192]),
        ]
        for (filter, values) in expected {
            let actual = try source.resized(width: 3, height: 2, filter: filter)
            #expect(mismatch(actual, grey(values, width: 3)) == nil, "\(filter)")
        }
        let larger = try source.resized(width: 8, height: 6, filter: .bilinear).cropped(x: 0, y: 0, width: 8, height: 2)
        let rows = [0, 5, 13, 20, 28, 35, 43, 48, 30, 35, 43, 50, 58, 65, 73, 78]
        #expect(mismatch(larger, grey(rows, width: 8)) == nil)
    }

    @Test func sameSizeIsTheSamePicture() throws {
        let picture = sample(33, 21)
        for filter in ResizeFilter.allCases {
            #expect(try picture.resized(width: 33, height: 21, filter: filter) == picture)
        }
    }

    private func grey(_ values: [Int], width: Int) -> Image {
        Image(width: width, height: values.count / width, pixels: values.flatMap { [UInt8($0), UInt8($0), UInt8($0)] })
    }
}
