#ifndef CK_DENSE_ONEAPI_HPP
#define CK_DENSE_ONEAPI_HPP

#include <exception>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>

#include "ck_status.h"

namespace ck {

// Runs a body that may throw; no exception leaves.
template <typename Body>
ck_status guarded(Body &&body) noexcept {
  try {
    body();
    return CK_OK;
  } catch (const dnnl::error &e) {
    return ck_fail(e.status == dnnl_unimplemented ? CK_UNSUPPORTED
                   : e.status == dnnl_out_of_memory ? CK_OUT_OF_MEMORY : CK_INTERNAL, e.what());
  } catch (const std::bad_alloc &) {
    return ck_fail(CK_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &e) {
    return ck_fail(CK_INTERNAL, e.what());
  } catch (...) {
    return ck_fail(CK_INTERNAL, "unknown C++ exception");
  }
}

// The process's engine, and the calling thread's stream on it.
inline dnnl::engine &engine() {
  static dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

inline dnnl::stream &stream() {
  thread_local dnnl::stream instance(engine());
  return instance;
}

}  // namespace ck

#endif
