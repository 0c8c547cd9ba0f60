// What rtcsrc does between its GObject face and the receiver: settings to a receiver, tracks to
// pads.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data_sink_pads.hpp"
#include "data_source_pads.hpp"
#include "properties.hpp"
#include "session/receiver.hpp"
#include "source_pads.hpp"
#include "stats_reader.hpp"

namespace rtc {

struct SourceSettings : ConnectionSettings {
  std::string stream;
  std::string peer_id;
  std::string video_codecs;
  std::string audio_codecs;
  std::string data_labels;
  guint latency = 200;
  guint max_bitrate = 0;
  bool wait_for_return = false;
};

class ReceivingElement : public Receiver::Events {
 public:
  explicit ReceivingElement(GstElement *element);
  ~ReceivingElement() override;

  GstPad *request_new_pad(GstPadTemplate *pad_template, const char *name) {
    return data_sinks_.request(pad_template, name);
  }
  void release_pad(GstPad *pad) { data_sinks_.release(pad); }

  // The states of the element; start() posts its error.
  bool start();
  void play();
  void stop();
  // The application wants no more: leaves the publisher and sends EOS out of every pad.
  void finish();
  // An event of the application that the publisher is to act upon; false: it is none.
  bool control_event(GstEvent *event);

  std::string url() const;
  StructurePtr stats();

  GuardedSettings<SourceSettings> settings;

 private:
  void receiver_ready(const std::string &url) override;
  void receiver_lost(const Error &error) override;
  void receiver_failed(const Error &error) override;
  void receiver_warns(const Error &error) override;
  void session_started(const std::string &session, const std::string &peer, GstElement *webrtcbin,
                       bool heals) override;
  void healing(const std::string &session, const std::string &reason) override;
  void healed(const std::string &session, milliseconds gap) override;
  void path_changed(const std::string &session, const SelectedPair &path) override;
  void tracks_changed(const std::vector<Receiver::Track> &tracks,
                      const std::vector<std::string> &channels) override;
  bool channel_opened(const std::string &peer,
                      const std::shared_ptr<DataChannel> &channel) override;
  void track_media(const Receiver::Track &track, GstElement *pipeline, const Ref<GstPad> &pad,
                   GstClockTime base_time) override;
  void session_ended(const std::string &session, const std::string &reason, bool final) override;

  Result<ReceiverSettings> receiver_settings() const;
  bool wants_label(const std::string &label) const;
  DataSinkPads::Hooks data_sink_hooks();
  DataSourcePad::Hooks data_source_hooks();
  void post(GstStructure *structure);
  std::shared_ptr<RemoteControl> make_control();
  void playback_changed(const PlaybackState &state);
  // That label is not the one of the control channel, or the application wants it as a pad.

  GstElement *const element_;
  std::optional<EventLoop> loop_;
  std::shared_ptr<Reaper> reaper_ = std::make_shared<Reaper>();
  std::shared_ptr<Receiver> receiver_;  // on the loop only
  std::shared_ptr<RemoteControl> control_;
  std::optional<std::chrono::nanoseconds> duration_;  // as told last; on the loop only
  StatsReader stats_reader_;
  const std::shared_ptr<ReceivedTimes> times_ = std::make_shared<ReceivedTimes>();
  SourcePads pads_;
  DataSinkPads data_sinks_;
  DataSourcePads data_sources_;

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::string url_;
  bool all_pads_announced_ = false;
};

}  // namespace rtc
