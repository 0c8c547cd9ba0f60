// GObject signals to C++ callables whose owner is held weakly: an emission that comes late, from
// whatever thread, finds nothing instead of a dangling pointer.
//
//   connect_weak<void(GstElement *, guint, gchar *)>(webrtcbin, "on-ice-candidate", weak_self,
//       [](Session &self, GstElement *, guint mline, gchar *candidate) { ... });
#pragma once

#include <glib-object.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace rtc {

template <typename Signature>
struct WeakSignal;

template <typename R, typename... Args>
struct WeakSignal<R(Args...)> {
  template <typename T, typename F>
  static gulong connect(gpointer instance, const char *signal, std::weak_ptr<T> owner, F function) {
    struct Closure {
      std::weak_ptr<T> owner;
      F function;
    };
    auto call = [](Args... args, gpointer data) -> R {
      auto *closure = static_cast<Closure *>(data);
      if (auto self = closure->owner.lock()) return closure->function(*self, args...);
      if constexpr (!std::is_void_v<R>) return R{};
    };
    return g_signal_connect_data(
        instance, signal, reinterpret_cast<GCallback>(+call),
        new Closure{std::move(owner), std::move(function)},
        [](gpointer data, GClosure *) { delete static_cast<Closure *>(data); }, GConnectFlags(0));
  }
};

template <typename Signature, typename T, typename F>
gulong connect_weak(gpointer instance, const char *signal, std::weak_ptr<T> owner, F function) {
  return WeakSignal<Signature>::connect(instance, signal, std::move(owner), std::move(function));
}

}  // namespace rtc
