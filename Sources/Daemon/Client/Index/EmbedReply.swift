/// The answer of `POST /v2/models/M/embed`.
struct EmbedReply: PictureReply {
    let embedding: [Float]
    let dimension: Int
    /// Views of the picture that were averaged; 1 without test-time augmentation.
    let views: Int
    let model: AnsweringModel
}
