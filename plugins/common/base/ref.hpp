// Owning pointers for the reference-counted C types of GLib and GStreamer.
//
//   auto pad = adopt(gst_element_get_static_pad(e, "sink"));   // takes over the reference
//   auto same = share(pad.get());                              // adds one
#pragma once

#include <gio/gio.h>
#include <gst/gst.h>

#include <memory>
#include <utility>

namespace rtc {

template <typename T>
struct RefTraits {
  static void ref(T *p) { g_object_ref(p); }
  static void unref(T *p) { g_object_unref(p); }
};

#define RTC_REF_TRAITS(Type, ref_function, unref_function) \
  template <>                                              \
  struct RefTraits<Type> {                                 \
    static void ref(Type *p) { ref_function(p); }          \
    static void unref(Type *p) { unref_function(p); }      \
  };

RTC_REF_TRAITS(GstCaps, gst_caps_ref, gst_caps_unref)
RTC_REF_TRAITS(GstBuffer, gst_buffer_ref, gst_buffer_unref)
RTC_REF_TRAITS(GstBufferList, gst_buffer_list_ref, gst_buffer_list_unref)
RTC_REF_TRAITS(GstMemory, gst_memory_ref, gst_memory_unref)
RTC_REF_TRAITS(GstSample, gst_sample_ref, gst_sample_unref)
RTC_REF_TRAITS(GstEvent, gst_event_ref, gst_event_unref)
RTC_REF_TRAITS(GstMessage, gst_message_ref, gst_message_unref)
RTC_REF_TRAITS(GstQuery, gst_query_ref, gst_query_unref)
RTC_REF_TRAITS(GstPromise, gst_promise_ref, gst_promise_unref)
RTC_REF_TRAITS(GBytes, g_bytes_ref, g_bytes_unref)
RTC_REF_TRAITS(GMainContext, g_main_context_ref, g_main_context_unref)
RTC_REF_TRAITS(GMainLoop, g_main_loop_ref, g_main_loop_unref)
RTC_REF_TRAITS(GSource, g_source_ref, g_source_unref)

template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}  // NOLINT: reads as a null pointer
  Ref(const Ref &other) : p_(other.p_) {
    if (p_) RefTraits<T>::ref(p_);
  }
  Ref(Ref &&other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  ~Ref() { reset(); }
  Ref &operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }

  static Ref adopt(T *p) {
    Ref r;
    r.p_ = p;
    return r;
  }

  void reset() {
    if (T *p = std::exchange(p_, nullptr)) RefTraits<T>::unref(p);
  }
  T *get() const { return p_; }
  T *release() { return std::exchange(p_, nullptr); }
  explicit operator bool() const { return p_ != nullptr; }
  bool operator==(const Ref &other) const { return p_ == other.p_; }

 private:
  T *p_ = nullptr;
};

// Takes over the reference the caller holds ("transfer full").
template <typename T>
Ref<T> adopt(T *p) {
  return Ref<T>::adopt(p);
}

// Adds a reference ("transfer none").
template <typename T>
Ref<T> share(T *p) {
  if (p) RefTraits<T>::ref(p);
  return Ref<T>::adopt(p);
}

// Takes over a new element, pad or other floating GstObject.
template <typename T>
Ref<T> sink(T *p) {
  if (p) gst_object_ref_sink(p);
  return Ref<T>::adopt(p);
}

template <auto free_function>
struct Freer {
  template <typename T>
  void operator()(T *p) const {
    free_function(p);
  }
};

using CharPtr = std::unique_ptr<char, Freer<g_free>>;
using ErrorPtr = std::unique_ptr<GError, Freer<g_error_free>>;
using StructurePtr = std::unique_ptr<GstStructure, Freer<gst_structure_free>>;

}  // namespace rtc
