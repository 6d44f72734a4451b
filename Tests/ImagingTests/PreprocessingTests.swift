import Foundation
import Imaging
import Testing

@Suite struct PreprocessingTests {
    @Test func writesNormalisedPlanes() throws {
        let preprocessing = try Preprocessing(height: 5, width: 7)
        let picture = sample(7, 5)
        var planes = [Float](repeating: .nan, count: preprocessing.elementCount + 1)
        try planes.withUnsafeMutableBufferPointer { try preprocessing.apply(picture, into: #require($0.baseAddress)) }
        let mean: [Float] = [0.485, 0.456, 0.406]
        let std: [Float] = [0.229, 0.224, 0.225]
        for index in 0..<105 {
            let (channel, pixel) = (index / 35, index % 35)
            let expected = (Float(picture.pixels[pixel * 3 + channel]) / 255 - mean[channel]) / std[channel]
            #expect(planes[index] == expected)
        }
        #expect(planes[105].isNaN, "nothing is written behind the planes")
    }

    @Test func applyIsGeometricThenNormalize() throws {
        let preprocessing = try Preprocessing(crop: .fundus, height: 24, width: 32, filter: .bicubic, normalization: .half)
        let picture = sample(90, 70)
        let geometric = try preprocessing.geometric(picture)
        #expect(geometric == (try picture.croppedToFundus().resized(width: 32, height: 24, filter: .bicubic)))
        var (one, two) = ([Float](repeating: .nan, count: 2304), [Float](repeating: .nan, count: 2304))
        try one.withUnsafeMutableBufferPointer { try preprocessing.apply(picture, into: #require($0.baseAddress)) }
        try two.withUnsafeMutableBufferPointer { preprocessing.normalize(geometric, into: try #require($0.baseAddress)) }
        #expect(one == two)
        #expect(one.allSatisfy { $0 >= -1 && $0 <= 1 })
    }

    @Test func jsonRoundTripKeepsEveryBit() throws {
        let statistics = try Normalization(mean: [0.1, 0.2, 1 / 3], std: [0.7, 0.11, 3])
        let values = [
            try Preprocessing(height: 224, width: 224),
            try Preprocessing(crop: .fundus, height: 256, width: 192, filter: .lanczos, normalization: statistics),
        ]
        for value in values {
            let data = try JSONEncoder().encode(value)
            #expect(try JSONDecoder().decode(Preprocessing.self, from: data) == value)
        }
        let text = #"{"crop":"fundus","size":[256,192],"filter":"bicubic","mean":[0,0,0],"std":[1,1,1]}"#
        let read = try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8))
        #expect(read.crop == .fundus && read.height == 256 && read.width == 192 && read.normalization == .none)
    }

    @Test func settingsOutsideTheirRangeAreRefused() throws {
        let texts = [
            #"{"crop":"none","size":[256],"filter":"bicubic","mean":[0,0,0],"std":[1,1,1]}"#,
            #"{"crop":"none","size":[0,5],"filter":"bicubic","mean":[0,0,0],"std":[1,1,1]}"#,
            #"{"crop":"none","size":[5,100000],"filter":"bicubic","mean":[0,0,0],"std":[1,1,1]}"#,
            #"{"crop":"none","size":[5,5],"filter":"bicubic","mean":[0,0],"std":[1,1,1]}"#,
            #"{"crop":"none","size":[5,5],"filter":"bicubic","mean":[0,0,0],"std":[1,0,1]}"#,
        ]
        for text in texts {
            do {
                _ = try JSONDecoder().decode(Preprocessing.self, from: Data(text.utf8))
                Issue.record("accepted \(text)")
            } catch let error as ImagingError {
                #expect(error.code == .invalidSetting && error.subject.hasPrefix("preprocessing."))
            }
        }
        let unknown = #"{"crop":"square","size":[5,5],"filter":"bicubic","mean":[0,0,0],"std":[1,1,1]}"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Preprocessing.self, from: Data(unknown.utf8)) }
    }
}
