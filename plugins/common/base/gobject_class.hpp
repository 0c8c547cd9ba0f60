// The border between GObject and C++. Read once, used by every gst*.cpp:
//
//   struct _GstRtcSink { GstBin parent; GstRtcSinkImpl *impl; };     // all the C there is
//   RTC_DEFINE_TYPE(GstRtcSink, gst_rtc_sink, GST_TYPE_BIN, code)    // init, chaining finalize
//   void GstRtcSinkImpl::class_init(GstRtcSinkClass *k) {
//     install_properties<GstRtcSinkImpl>(G_OBJECT_CLASS(k));
//     GST_ELEMENT_CLASS(k)->change_state = Vfunc<&GstRtcSinkImpl::change_state>::call;
//   }
//
// The Impl is a plain class made by `new Impl(self)` in instance init and deleted in finalize.
#pragma once

#include <gst/gst.h>

#include <exception>
#include <type_traits>
#include <vector>

namespace rtc {

// A value that tells a C caller that a call failed.
template <typename R>
constexpr R failure() {
  if constexpr (std::is_same_v<R, GstStateChangeReturn>) return GST_STATE_CHANGE_FAILURE;
  if constexpr (std::is_same_v<R, GstFlowReturn>) return GST_FLOW_ERROR;
  if constexpr (!std::is_void_v<R>) return R{};
}

// What to do with an exception that reaches the border: it is a defect, so it becomes an element
// error.
inline void report_exception(gpointer instance, const char *what) {
  if (GST_IS_ELEMENT(instance))
    GST_ELEMENT_ERROR(GST_ELEMENT(instance), LIBRARY, FAILED,
                      ("An internal error happened; please report it."), ("%s", what));
  else
    g_critical("%s", what);
}

// Turns a method of an Impl into a C vfunc; the only catch-all of the house.
template <auto method>
struct Vfunc;

template <typename Impl, typename R, typename... Args, R (Impl::*method)(Args...)>
struct Vfunc<method> {
  template <typename Instance>
  static R call(Instance *instance, Args... args) noexcept {
    auto *impl = Impl::from(instance);
    try {
      return (impl->*method)(args...);
    } catch (const std::exception &e) {
      report_exception(instance, e.what());
      return failure<R>();
    }
  }
};

// One property: the spec and both directions, written once. `set` is null for a read-only property.
template <typename Impl>
struct PropertyRow {
  GParamSpec *spec;
  void (*set)(Impl &, const GValue *);
  void (*get)(Impl &, GValue *);
};

// Installs the rows of Impl::properties(), a function that returns the same vector at each call.
template <typename Impl>
void install_properties(GObjectClass *object_class) {
  object_class->set_property = [](GObject *o, guint id, const GValue *value, GParamSpec *) {
    Impl::properties()[id - 1].set(*Impl::from(o), value);
  };
  object_class->get_property = [](GObject *o, guint id, GValue *value, GParamSpec *) {
    Impl::properties()[id - 1].get(*Impl::from(o), value);
  };
  guint id = 0;
  for (const auto &row : Impl::properties())
    g_object_class_install_property(object_class, ++id, row.spec);
}

}  // namespace rtc

#define RTC_DEFINE_TYPE(Type, type, ParentType, code)                        \
  G_DEFINE_TYPE_WITH_CODE(Type, type, ParentType, code)                      \
  static void type##_init(Type *self) { self->impl = new Type##Impl(self); } \
  static void type##_class_init(Type##Class *klass) {                        \
    G_OBJECT_CLASS(klass)->finalize = [](GObject *object) {                  \
      delete reinterpret_cast<Type *>(object)->impl;                         \
      G_OBJECT_CLASS(type##_parent_class)->finalize(object);                 \
    };                                                                       \
    Type##Impl::class_init(klass);                                           \
  }
