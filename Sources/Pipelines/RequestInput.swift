import Graph
import Imaging

/// What a request's body holds, decoded. The one place that knows what kinds of bodies there are.
struct RequestInput: Sendable {
    private enum Content {
        case picture(Image)
        case volume(Volume)
    }

    private let content: Content

    /// Decodes what the network takes: a PNG, JPEG or DICOM picture, or a NIfTI volume, plain or gzipped.
    init(body: [UInt8], for input: NetworkInput) throws(PipelineError) {
        do throws(ImagingError) {
            switch input {
            case .picture: self.content = .picture(try Image.decode(body))
            case .volume: self.content = .volume(try Volume.decodeNifti(body, subject: "volume"))
            }
        } catch {
            throw PipelineError(error)
        }
    }

    /// The picture that a network for pictures was given.
    func picture() throws(PipelineError) -> Image {
        guard case .picture(let image) = self.content else { throw Self.mismatch }
        return image
    }

    private static let mismatch = PipelineError(.execution, "body", "is not what the network takes")

    /// The network's input, a batch of one.
    func tensor(_ input: NetworkInput) throws(PipelineError) -> Tensor {
        let tensor = Tensor(zeros: TensorType(.float32, input.shape(batch: 1)))
        do {
            try tensor.withElements(as: Float.self) { elements in
                guard let start = elements.baseAddress else { return }
                switch (input, self.content) {
                case (.picture(let preprocessing), .picture(let image)): try preprocessing.apply(image, into: start)
                case (.volume(let preprocessing), .volume(let volume)):
                    preprocessing.normalize(try preprocessing.geometric(volume), into: start)
                default: throw Self.mismatch
                }
            }
        } catch let error as ImagingError {
            throw PipelineError(error)
        } catch let error as PipelineError {
            throw error
        } catch {
            throw PipelineError(.execution, "preprocessing", "\(error)")
        }
        return tensor
    }
}
