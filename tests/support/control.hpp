// What tests of control channels share: a viewer's end of one, what comes to the publisher's
// source, and a publisher of a film.
#pragma once

#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

#include <thread>

#include "base/signal.hpp"
#include "control/control_protocol.hpp"
#include "support/film.hpp"

namespace rtc::test {

constexpr auto watch_raw =
    "r.video_0 ! videoconvert ! video/x-raw,format=I420 ! fakesink name=video sync=false "
    "r.audio_0 ! fakesink name=audio sync=false";
constexpr auto playback = "control=playback";

// The viewer's end of a control channel, without anything of ours between.
class Remote {
 public:
  explicit Remote(const Pipeline &viewer) {
    connect_weak<void(GstElement *, gchar *, gchar *, GstElement *)>(
        viewer.element("r").get(), "session-started", std::weak_ptr(shared_),
        [](Shared &self, GstElement *, gchar *, gchar *, GstElement *webrtcbin) {
          connect_weak<void(GstElement *, GstWebRTCDataChannel *)>(
              webrtcbin, "on-data-channel", self.weak_from_this(),
              [](Shared &shared, GstElement *, GstWebRTCDataChannel *channel) {
                shared.add(channel);
              });
        });
  }

  bool wait_open() {
    return eventually([&] { return bool(channel()); });
  }
  void send(const std::string &text) {
    gst_webrtc_data_channel_send_string_full(channel().get(), text.c_str(), nullptr);
  }
  // The error of the answer, "" for none.
  std::string ask(PlaybackRequest request) { return ask(ControlRequest{next_id(), "", request}); }
  std::string ask(const ControlRequest &request) {
    send(write(request));
    std::string error = "no answer";
    eventually([&] {
      for (const auto &text : heard())
        if (const auto message = read_control_message(text))
          if (const auto *response = std::get_if<ControlResponse>(&*message);
              response && response->id == request.id) {
            error = response->error.value_or("");
            return true;
          }
      return false;
    });
    return error;
  }
  uint64_t next_id() { return ++id_; }
  // The last state that was told.
  PlaybackState state() {
    PlaybackState state;
    for (const auto &text : heard())
      if (const auto message = read_control_message(text))
        if (const auto *told = std::get_if<PlaybackState>(&*message)) state = *told;
    return state;
  }
  std::vector<std::string> heard() {
    std::lock_guard lock(shared_->mutex);
    return shared_->heard;
  }

 private:
  // Messages may come while a test ends.
  struct Shared : std::enable_shared_from_this<Shared> {
    void add(GstWebRTCDataChannel *added) {
      gchar *label = nullptr;
      g_object_get(added, "label", &label, nullptr);
      const CharPtr owned(label);
      if (std::string(label) != control_label) return;
      connect_weak<void(GstWebRTCDataChannel *, gchar *)>(
          added, "on-message-string", weak_from_this(),
          [](Shared &self, GstWebRTCDataChannel *, gchar *text) {
            {
              std::lock_guard lock(self.mutex);
              self.heard.emplace_back(text);
            }
            Changes::get().change();
          });
      std::lock_guard lock(mutex);
      channel = share(added);
    }

    std::mutex mutex;  // guards everything below
    Ref<GstWebRTCDataChannel> channel;
    std::vector<std::string> heard;
  };

  Ref<GstWebRTCDataChannel> channel() {
    std::lock_guard lock(shared_->mutex);
    return shared_->channel;
  }

  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  uint64_t id_ = 0;
};

// Navigation and other events that come to an element from downstream.
class Events {
 public:
  Events(const Pipeline &pipeline, const char *element)
      : probe_(pipeline.pad(element, "src").get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
               [this](GstPad *, GstPadProbeInfo *info) {
                 return hear(GST_PAD_PROBE_INFO_EVENT(info));
               }) {}

  // The first one with that text in it.
  std::string wait(const std::string &part) {
    std::string found;
    eventually([&] {
      std::lock_guard lock(mutex_);
      for (const auto &event : events_)
        if (event.find(part) != std::string::npos) found = event;
      return !found.empty();
    });
    return found;
  }

 private:
  GstPadProbeReturn hear(GstEvent *event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_NAVIGATION ||
        GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_UPSTREAM) {
      std::lock_guard lock(mutex_);
      events_.emplace_back(CharPtr(gst_structure_to_string(gst_event_get_structure(event))).get());
    }
    Changes::get().change();
    if (GST_EVENT_TYPE(event) != GST_EVENT_NAVIGATION && !gst_event_has_name(event, "my-event"))
      return GST_PAD_PROBE_OK;
    gst_event_unref(event);
    return GST_PAD_PROBE_HANDLED;
  }

  std::mutex mutex_;  // guards events_
  std::vector<std::string> events_;
  PadProbe probe_;
};

// gst-launch-1.0 does what elements ask for; here a thread does.
class Launched : public Publisher {
 public:
  Launched(const std::string &sources, const std::string &properties)
      : Publisher(sources, properties) {}
  ~Launched() { join(); }

  void obey(GstState state) {
    join();
    thread_ = std::thread([this, state] { set_state(state); });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  GstState asked() {
    GstState state = GST_STATE_VOID_PENDING;
    eventually([&] {
      state = requested_state();
      return state != GST_STATE_VOID_PENDING;
    });
    return state;
  }

 private:
  std::thread thread_;
};

// One film for all tests of a suite.
class FilmTest : public ElementTest {
 protected:
  static void SetUpTestSuite() {
    ElementTest::SetUpTestSuite();
    film_ = std::make_unique<Film>(20);
  }
  static void TearDownTestSuite() { film_.reset(); }
  static std::string film(const std::string &rest = "") {
    return "filesrc location=" + film_->path() +
           " ! decodebin name=d d. ! queue ! videoconvert ! rtcsink.video_0 "
           "d. ! queue ! audioconvert ! rtcsink.audio_0 " +
           rest;
  }
  static std::string encoded_film() {
    return "filesrc location=" + film_->path() +
           " ! matroskademux name=d d.video_0 ! queue ! rtcsink.video_0 "
           "d.audio_0 ! queue ! rtcsink.audio_0";
  }
  static inline std::unique_ptr<Film> film_;
};

}  // namespace rtc::test
