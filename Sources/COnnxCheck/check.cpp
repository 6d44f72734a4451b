#include "COnnxCheck.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

namespace {

oc_status report(oc_status status, const std::string &text, char *message, size_t capacity) {
  if (message != nullptr && capacity > 0) {
    const size_t count = std::min(text.size(), capacity - 1);
    std::memcpy(message, text.data(), count);
    message[count] = '\0';
  }
  return status;
}

int newest_opset() {
  const auto &versions = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
  const auto entry = versions.find(onnx::ONNX_DOMAIN);
  return entry == versions.end() ? 0 : entry->second.second;
}

bool parse(const char *path, onnx::ModelProto &model) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  google::protobuf::io::IstreamInputStream stream(&file);
  google::protobuf::io::CodedInputStream coded(&stream);
  return model.ParseFromCodedStream(&coded) && coded.ConsumedEntireMessage();
}

bool is_too_new(const onnx::ModelProto &model) {
  if (model.ir_version() > onnx::Version::IR_VERSION) return true;
  for (const auto &import : model.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") {
      if (import.version() > newest_opset()) return true;
    }
  }
  return false;
}

oc_status check(const char *path, char *message, size_t capacity) {
  onnx::ModelProto model;
  if (!parse(path, model)) return report(OC_UNREADABLE, "the file cannot be read or is no model", message, capacity);
  if (is_too_new(model)) {
    return report(OC_TOO_NEW, "this libonnx knows opsets up to " + std::to_string(newest_opset()), message, capacity);
  }
  onnx::checker::check_model(std::string(path));
  onnx::ShapeInferenceOptions options(true, 1, true);
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), options);
  return report(OC_VALID, "", message, capacity);
}

} // namespace

extern "C" int oc_newest_opset(void) {
  try {
    return newest_opset();
  } catch (...) {
    return 0;
  }
}

extern "C" oc_status oc_check_model(const char *path, char *message, size_t capacity) {
  try {
    return check(path, message, capacity);
  } catch (const std::exception &error) {
    return report(OC_INVALID, error.what(), message, capacity);
  } catch (...) {
    return report(OC_INVALID, "unknown C++ exception", message, capacity);
  }
}
