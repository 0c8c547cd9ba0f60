// What rtcpeer does between its GObject face and the phone: what rtcsink does, and calls, whose
// received tracks become source pads.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>
#include <vector>

#include "publishing_element.hpp"
#include "session/phone.hpp"
#include "source_pads.hpp"

namespace rtc {

struct CallSettings {
  std::string peer;
  bool auto_answer = true;
  guint call_timeout = 30000;
  guint latency = 200;
  guint max_bitrate = 0;
  bool wait_for_next = false;
  bool mute_audio = false;
  bool mute_video = false;
  bool cancel_echo = false;
};

class CallingElement : public PublishingElement, public Phone::Events {
 public:
  explicit CallingElement(GstElement *element)
      : PublishingElement(element, std::make_shared<ReceivedTimes>()),
        source_pads_(element, "_src_", times_) {}
  ~CallingElement() override;

  void play() override;
  void stop();
  // The application wants no more: hangs up and sends EOS out of every pad.
  void end();

  // The action signals; what cannot be done is a warning, and false.
  bool call(const char *peer);
  bool accept(const char *session);
  bool reject(const char *session, const char *reason);
  bool hang_up(const char *reason);
  bool hold(bool held);
  void mute(MediaKind kind, bool muted);

  GuardedSettings<CallSettings> call_settings;

 protected:
  std::unique_ptr<Publisher> make_publisher(const PublisherSettings &settings) override;

 private:
  Result<bool> prepare(SinkPad &pad) override;
  void follow(EchoCanceller &canceller);
  std::vector<std::shared_ptr<EchoCanceller>> cancellers() const;
  void played(GstBuffer *buffer, GstCaps *caps);

  void viewer_added(const std::string &session, const std::string &peer, GstElement *webrtcbin,
                    size_t viewers) override;
  void viewer_started(const std::string &, const std::string &) override {}
  void viewer_removed(const std::string &, const std::string &peer, const std::string &,
                      size_t) override {
    discount_session(peer);
  }
  void viewer_healing(const std::string &session, const std::string &peer,
                      const std::string &reason, GstElement *webrtcbin) override;
  bool accept_viewer(const std::string &, const std::string &) override { return true; }

  void call_comes(const std::string &session, const std::string &name) override;
  void call_missed(const std::string &session, const std::string &name,
                   const std::string &reason) override;
  void call_failed(const Error &error) override;
  void data_failed(const Error &error) override { call_failed(error); }
  void call_started(const std::string &session, const std::string &name) override;
  void call_ended(const std::string &session, const std::string &name,
                  const std::string &reason) override;
  void call_tracks(const std::vector<ReceivedTrack> &tracks) override;
  void call_media(const ReceivedTrack &track, GstElement *pipeline, const Ref<GstPad> &pad,
                  GstClockTime base_time) override;

  bool ask_phone(const std::function<Result<bool>(Phone &)> &what);
  void post_call(const char *message, const std::string &session, const std::string &name,
                 const std::string &reason);

  SourcePads source_pads_;
  std::atomic<bool> told_encoded_{false};

  mutable std::mutex cancellers_mutex_;
  std::vector<std::weak_ptr<EchoCanceller>> cancellers_;  // of the pads
};

}  // namespace rtc
