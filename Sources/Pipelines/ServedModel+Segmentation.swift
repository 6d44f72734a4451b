package import Imaging

/// A segmentation network's answer for one picture, at the picture's own size.
package struct SegmentationResult: Sendable {
    package let width: Int
    package let height: Int
    package let classes: [SegmentedClass]
    /// Probability above which a pixel belongs to a class.
    package let threshold: Double
    /// The picture with the outline of every class, as PNG; nil where nobody asked.
    package let overlay: [UInt8]?
}

/// A segmentation answer with where it comes from.
package struct SegmentationAnswer: Sendable {
    package let result: SegmentationResult
    /// Views of the picture that were averaged, of all members together.
    package let views: Int
    /// The area in pixels of each class that each member of an ensemble would have found alone.
    package let votes: [MemberVote<[Int]>]
    package let timings: ServedModel.Timings
}

extension ServedModel {
    /// Decodes, prepares and segments one picture: of several views, the mean of their probabilities.
    /// - Parameter overlay: Draw the outlines into the picture, too.
    package func segment(_ body: [UInt8], overlay: Bool = false) async throws -> SegmentationAnswer {
        guard case .segmentation(let task) = self.card.task else { throw PipelineError(self, wanted: .segmentation) }
        let (input, decoded) = try await self.decode(body)
        let (maps, timings) = try await self.maps(input, weight: 1)
        let result = try await self.decoding {
            let image = try input.picture()
            // One view is cut as logits, as evaluation does.
            let classes =
                maps.views.count == 1
                ? task.masks(logits: maps.views[0], seen: maps.seen, width: image.width, height: image.height)
                : SegmentationVote(task, [maps], width: image.width, height: image.height).classes
            return try SegmentationResult(of: image, classes, task, overlay: overlay)
        }
        return SegmentationAnswer(result: result, views: maps.views.count, votes: [], timings: decoded + timings)
    }

    /// The maps of every view, turned back.
    func maps(_ input: RequestInput, weight: Double) async throws -> (LogitMaps, Timings) {
        guard case .segmentation(let task) = self.card.task else { throw PipelineError(self, wanted: .segmentation) }
        let answer = try await self.outputs(input)
        let augmentation = self.augmentation
        let maps = try await self.decoding {
            let views = zip(augmentation.views, answer.outputs).map { view, maps in
                view.turnedBack(maps, side: task.preprocessing.height)
            }
            return LogitMaps(task: task, views: views, seen: task.view(of: try input.picture()), weight: weight)
        }
        return (maps, answer.timings)
    }
}

extension ServedEnsemble {
    /// Segments one picture by the weighted mean of the members' probabilities at the picture's size.
    /// - Parameter overlay: Draw the outlines into the picture, too.
    package func segment(_ body: [UInt8], overlay: Bool = false) async throws -> SegmentationAnswer {
        guard case .segmentation(let task) = self.task else { throw PipelineError(self, wanted: .segmentation) }
        let first = self.members[0].model
        let (input, decoded) = try await first.decode(body)
        var timings = decoded
        var networks: [LogitMaps] = []
        for member in self.members {
            let (maps, duration) = try await member.model.maps(input, weight: member.weight)
            networks.append(maps)
            timings = timings + duration
        }
        let (result, areas) = try await first.decoding { [networks] in
            let image = try input.picture()
            let vote = SegmentationVote(task, networks, width: image.width, height: image.height)
            return (try SegmentationResult(of: image, vote.classes, task, overlay: overlay), vote.areas)
        }
        return SegmentationAnswer(
            result: result, views: networks.reduce(0) { $0 + $1.views.count },
            votes: zip(self.members, areas).map { MemberVote($0, $1) }, timings: timings)
    }
}

extension SegmentationResult {
    init(
        of image: Image, _ classes: [SegmentedClass], _ task: SegmentationTask, overlay: Bool
    ) throws(PipelineError) {
        do throws(ImagingError) {
            let drawn = overlay ? try image.outlining(classes).encodedPNG(level: 3) : nil
            self.init(
                width: image.width, height: image.height, classes: classes, threshold: task.threshold, overlay: drawn)
        } catch {
            throw PipelineError(error)
        }
    }
}

extension SegmentedClass {
    /// A grey PNG of the picture's size, 255 where the class is.
    package func png(width: Int, height: Int) throws(PipelineError) -> [UInt8] {
        do {
            return try Image.greyPNG(self.pixels.map { $0 ? 255 : 0 }, width: width, height: height, level: 3)
        } catch {
            throw PipelineError(error)
        }
    }
}

extension Image {
    /// Colours of outlines, class by class, repeated: distinct for colour-blind eyes (Okabe and Ito 2008).
    private static let outlineColours: [(red: UInt8, green: UInt8, blue: UInt8)] = [
        (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (204, 121, 167),
    ]

    /// The picture with every pixel of a class that borders on another pixel drawn in the class's colour.
    package func outlining(_ classes: [SegmentedClass]) -> Image {
        var image = self
        for (index, segmented) in classes.enumerated() {
            let colour = Self.outlineColours[index % Self.outlineColours.count]
            func isIn(_ x: Int, _ y: Int) -> Bool {
                x >= 0 && y >= 0 && x < self.width && y < self.height && segmented.pixels[y * self.width + x]
            }
            for y in 0..<self.height {
                for x in 0..<self.width where segmented.pixels[y * self.width + x] {
                    let isInside = isIn(x - 1, y) && isIn(x + 1, y) && isIn(x, y - 1) && isIn(x, y + 1)
                    if !isInside { image[x: x, y: y] = colour }
                }
            }
        }
        return image
    }
}
