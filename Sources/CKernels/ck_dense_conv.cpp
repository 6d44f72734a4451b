#include <string>
#include <vector>

#include "ck_dense.h"
#include "ck_dense_oneapi.hpp"
#include "ck_threads.h"

namespace {

using dnnl::memory;
using Dims = memory::dims;

size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

// One operand: how the caller has it, how the primitive wants it, and the copy between the two where they differ.
struct Operand {
  memory::desc user_desc, inner_desc;
  memory user, inner;
  dnnl::reorder copy;
  bool differs = false;
  size_t workspace_offset = 0;

  void prepare(const memory::desc &wanted, bool is_output, size_t &workspace) {
    inner_desc = wanted;
    differs = inner_desc != user_desc;
    inner = memory(inner_desc, ck::engine(), nullptr);
    if (!differs) return;
    user = memory(user_desc, ck::engine(), nullptr);
    copy = is_output ? dnnl::reorder(inner, user) : dnnl::reorder(user, inner);
    workspace_offset = workspace;
    workspace += aligned(inner_desc.get_size());
  }

  // Points the operand at the caller's memory; for an input, copies it in.
  void bind(float *pointer, char *workspace, bool is_input) {
    if (!differs) return inner.set_data_handle(pointer);
    user.set_data_handle(pointer);
    inner.set_data_handle(workspace + workspace_offset);
    if (is_input) copy_in();
  }

  void copy_in() { execute(copy, user, inner); }
  void copy_out() {
    if (differs) execute(copy, inner, user);
  }

  static void execute(const dnnl::reorder &copy, const memory &from, const memory &to) {
    dnnl_exec_arg_t args[2] = {{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}};
    dnnl::error::wrap_c_api(dnnl_primitive_execute(copy.get(), ck::stream().get(), 2, args), "could not copy an operand");
  }
};

std::string arrangement(const memory::desc &desc) {
  std::string text = "conv";
#if DNNL_VERSION_MAJOR >= 3
  auto dims = desc.get_dims();
  auto strides = desc.get_strides();
  auto blocks = desc.get_inner_blks();
  auto indices = desc.get_inner_idxs();
#else
  const auto &blocking = desc.data.format_desc.blocking;
  Dims dims(desc.data.dims, desc.data.dims + desc.data.ndims);
  Dims strides(blocking.strides, blocking.strides + desc.data.ndims);
  Dims blocks(blocking.inner_blks, blocking.inner_blks + blocking.inner_nblks);
  Dims indices(blocking.inner_idxs, blocking.inner_idxs + blocking.inner_nblks);
#endif
  for (const Dims &list : {dims, strides, blocks, indices}) {
    text += "/";
    for (auto value : list) text += std::to_string(value) + ",";
  }
  return text;
}

// Everything that oneDNN is told about a convolution.
struct Description {
  memory::desc x, w, y, bias, any_x, any_w, any_y;
  Dims strides, dilations, before, after;
  dnnl::primitive_attr attributes;

  explicit Description(const ck_conv_spec &s) {
    const size_t rank = size_t(s.spatial_rank);
    Dims x_dims{s.batch, s.in_channels}, y_dims{s.batch, s.out_channels}, w_dims;
    if (s.groups > 1) {
      w_dims = {s.groups, s.out_channels / s.groups, s.in_channels / s.groups};
    } else {
      w_dims = {s.out_channels, s.in_channels};
    }
    for (size_t i = 3 - rank; i < 3; i++) {
      x_dims.push_back(s.in[i]);
      y_dims.push_back(s.out[i]);
      w_dims.push_back(s.kernel[i]);
      strides.push_back(s.strides[i]);
      dilations.push_back(s.dilations[i] - 1);
      before.push_back(s.before[i]);
      after.push_back(s.after[i]);
    }
    using tag = memory::format_tag;
    const tag first[] = {tag::ncw, tag::nchw, tag::ncdhw}, last[] = {tag::nwc, tag::nhwc, tag::ndhwc};
    const tag plain[] = {tag::oiw, tag::oihw, tag::oidhw}, grouped[] = {tag::goiw, tag::goihw, tag::goidhw};
    const auto f32 = memory::data_type::f32;
    const tag activations = (s.channels_last ? last : first)[rank - 1];
    x = memory::desc(x_dims, f32, activations);
    y = memory::desc(y_dims, f32, activations);
    w = memory::desc(w_dims, f32, (s.groups > 1 ? grouped : plain)[rank - 1]);
    any_w = memory::desc(w_dims, f32, tag::any);
    any_x = s.blocked ? memory::desc(x_dims, f32, tag::any) : x;
    any_y = s.blocked ? memory::desc(y_dims, f32, tag::any) : y;
    if (s.has_bias) bias = memory::desc({s.out_channels}, f32, tag::x);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  }

  void add_post_ops(const ck_conv_spec &s) {
    dnnl::post_ops post;
    if (s.adds_to_output) post.append_sum(1.0f);
    const auto append = [&](dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
      post.append_eltwise(algorithm, alpha, 0.0f);
#else
      post.append_eltwise(1.0f, algorithm, alpha, 0.0f);
#endif
    };
    switch (s.activation) {
      case CK_ACTIVATION_NONE: break;
      case CK_ACTIVATION_RELU: append(dnnl::algorithm::eltwise_relu, 0); break;
      case CK_ACTIVATION_GELU: append(dnnl::algorithm::eltwise_gelu_erf, 0); break;
      case CK_ACTIVATION_GELU_TANH: append(dnnl::algorithm::eltwise_gelu_tanh, 0); break;
      case CK_ACTIVATION_SILU: append(dnnl::algorithm::eltwise_swish, 1); break;
      case CK_ACTIVATION_SIGMOID: append(dnnl::algorithm::eltwise_logistic, 0); break;
    }
    attributes.set_post_ops(post);
  }

  using Forward = dnnl::convolution_forward::primitive_desc;
  using Data = dnnl::convolution_backward_data::primitive_desc;
  using Weights = dnnl::convolution_backward_weights::primitive_desc;

  Forward forward(dnnl::prop_kind kind) const {
    const auto direct = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    return Forward(ck::engine(), kind, direct, any_x, any_w, bias, any_y, strides, dilations, before, after, attributes);
#else
    if (bias.data.ndims == 0)
      return Forward({kind, direct, any_x, any_w, any_y, strides, dilations, before, after}, attributes, ck::engine());
    return Forward({kind, direct, any_x, any_w, bias, any_y, strides, dilations, before, after}, attributes, ck::engine());
#endif
  }

  Data data(const Forward &hint) const {
    const auto direct = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    return Data(ck::engine(), direct, any_x, any_w, any_y, strides, dilations, before, after, hint, attributes);
#else
    return Data({direct, any_x, any_w, any_y, strides, dilations, before, after}, attributes, ck::engine(), hint);
#endif
  }

  Weights weights(const Forward &hint) const {
    const auto direct = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    return Weights(ck::engine(), direct, any_x, any_w, any_y, strides, dilations, before, after, hint, attributes);
#else
    return Weights({direct, any_x, any_w, any_y, strides, dilations, before, after}, attributes, ck::engine(), hint);
#endif
  }
};

}  // namespace

struct ck_conv {
  ck_conv_kind kind;
  Operand x, w, y;
  memory bias, scratchpad;
  dnnl::primitive primitive;
  size_t scratchpad_offset = 0, workspace = 0;
  bool has_packed_weights = false, adds_to_output = false;
  std::string name, arrangement;
  std::vector<dnnl_exec_arg_t> arguments;

  template <typename PrimitiveDesc>
  void take(const PrimitiveDesc &pd, const memory::desc &scratch) {
    name = pd.impl_info_str();
    scratchpad = memory(scratch, ck::engine(), nullptr);
    scratchpad_offset = workspace;
    workspace += aligned(scratch.get_size());
    arrangement = ::arrangement(w.inner_desc);
  }

  void prepare(const Description &d, const memory::desc &inner_x, const memory::desc &inner_w, const memory::desc &inner_y) {
    x.user_desc = d.x;
    w.user_desc = d.w;
    y.user_desc = d.y;
    x.prepare(inner_x, kind == CK_CONV_INPUT_GRADIENT, workspace);
    w.prepare(inner_w, kind == CK_CONV_WEIGHT_GRADIENT, workspace);
    y.prepare(inner_y, kind == CK_CONV_FORWARD, workspace);
  }

  ck_conv(ck_conv_kind kind, const ck_conv_spec &spec) : kind(kind), adds_to_output(spec.adds_to_output) {
    Description d(spec);
    if (kind == CK_CONV_FORWARD) d.add_post_ops(spec);
    const auto forward = d.forward(
        kind == CK_CONV_FORWARD ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training);
    switch (kind) {
      case CK_CONV_FORWARD:
        prepare(d, forward.src_desc(), forward.weights_desc(), forward.dst_desc());
        take(forward, forward.scratchpad_desc());
        primitive = dnnl::convolution_forward(forward);
        if (spec.has_bias) bias = memory(d.bias, ck::engine(), nullptr);
        arguments = {{DNNL_ARG_SRC, x.inner.get()}, {DNNL_ARG_WEIGHTS, w.inner.get()}, {DNNL_ARG_DST, y.inner.get()}};
        if (spec.has_bias) arguments.push_back({DNNL_ARG_BIAS, bias.get()});
        break;
      case CK_CONV_INPUT_GRADIENT: {
        const auto pd = d.data(forward);
        prepare(d, pd.diff_src_desc(), pd.weights_desc(), pd.diff_dst_desc());
        take(pd, pd.scratchpad_desc());
        primitive = dnnl::convolution_backward_data(pd);
        arguments = {{DNNL_ARG_DIFF_SRC, x.inner.get()}, {DNNL_ARG_WEIGHTS, w.inner.get()},
                     {DNNL_ARG_DIFF_DST, y.inner.get()}};
        break;
      }
      case CK_CONV_WEIGHT_GRADIENT: {
        const auto pd = d.weights(forward);
        prepare(d, pd.src_desc(), pd.diff_weights_desc(), pd.diff_dst_desc());
        take(pd, pd.scratchpad_desc());
        primitive = dnnl::convolution_backward_weights(pd);
        arguments = {{DNNL_ARG_SRC, x.inner.get()}, {DNNL_ARG_DIFF_WEIGHTS, w.inner.get()},
                     {DNNL_ARG_DIFF_DST, y.inner.get()}};
        break;
      }
    }
    arguments.push_back({DNNL_ARG_SCRATCHPAD, scratchpad.get()});
  }

  void run(float *px, float *pw, float *pbias, float *py, char *space) {
    x.bind(px, space, kind != CK_CONV_INPUT_GRADIENT);
    if (!has_packed_weights) w.bind(pw, space, kind != CK_CONV_WEIGHT_GRADIENT);
    y.bind(py, space, kind != CK_CONV_FORWARD);
    if (adds_to_output && y.differs) throw dnnl::error(dnnl_unimplemented, "a blocked result cannot be added to");
    if (bias.get(true)) bias.set_data_handle(pbias);
    scratchpad.set_data_handle(space + scratchpad_offset);
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(primitive.get(), ck::stream().get(), int(arguments.size()), arguments.data()),
        "could not execute a convolution");
    switch (kind) {
      case CK_CONV_FORWARD: y.copy_out(); break;
      case CK_CONV_INPUT_GRADIENT: x.copy_out(); break;
      case CK_CONV_WEIGHT_GRADIENT: w.copy_out(); break;
    }
  }
};

ck_status ck_conv_create(ck_conv_kind kind, const ck_conv_spec *spec, ck_conv **handle) {
  return ck::guarded([&] { *handle = new ck_conv(kind, *spec); });
}

void ck_conv_destroy(ck_conv *handle) { delete handle; }

const char *ck_conv_implementation(const ck_conv *handle) { return handle->name.c_str(); }

size_t ck_conv_workspace(const ck_conv *handle) { return handle->workspace; }

size_t ck_conv_packed_size(const ck_conv *handle) { return handle->w.differs ? handle->w.inner_desc.get_size() : 0; }

const char *ck_conv_arrangement(const ck_conv *handle) { return handle->arrangement.c_str(); }

ck_status ck_conv_pack(ck_conv *handle, const float *weights, float *packed) {
  return ck::guarded([&] {
    handle->w.user.set_data_handle(const_cast<float *>(weights));
    handle->w.inner.set_data_handle(packed);
    handle->w.copy_in();
  });
}

ck_status ck_conv_use_packed(ck_conv *handle, float *packed) {
  return ck::guarded([&] {
    handle->w.inner.set_data_handle(packed);
    handle->has_packed_weights = true;
  });
}

ck_status ck_conv_run(ck_conv *handle, const float *x, const float *w, const float *bias, const float *y, void *workspace) {
  return ck::guarded([&] {
    handle->run(const_cast<float *>(x), const_cast<float *>(w), const_cast<float *>(bias), const_cast<float *>(y),
                static_cast<char *>(workspace));
  });
}
