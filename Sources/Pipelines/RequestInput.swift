import Graph
import Imaging

/// What a request's body holds, decoded. The one place that knows what kinds of bodies there are.
struct RequestInput: Sendable {
    let picture: Image

    /// Decodes a PNG, JPEG or DICOM picture.
    init(body: [UInt8]) throws(PipelineError) {
        do throws(ImagingError) {
            self.picture = try Image.decode(body)
        } catch {
            throw PipelineError(error)
        }
    }

    /// The network's input, a batch of one.
    func tensor(_ preprocessing: Preprocessing) throws(PipelineError) -> Tensor {
        let tensor = Tensor(zeros: TensorType(.float32, [1, 3, preprocessing.height, preprocessing.width]))
        do {
            try tensor.withElements(as: Float.self) { elements in
                guard let start = elements.baseAddress else { return }
                try preprocessing.apply(self.picture, into: start)
            }
        } catch let error as ImagingError {
            throw PipelineError(error)
        } catch {
            throw PipelineError(.execution, "preprocessing", "\(error)")
        }
        return tensor
    }
}
