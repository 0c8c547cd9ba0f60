// What rtcsrc does between its GObject face and the receiver: settings to a receiver, tracks to
// pads.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data_source_pad.hpp"
#include "properties.hpp"
#include "session/receiver.hpp"
#include "source_pad.hpp"
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
  explicit ReceivingElement(GstElement *element) : element_(element) {}
  ~ReceivingElement() override;

  // The states of the element; start() posts its error.
  bool start();
  void play();
  void stop();
  // The application wants no more: leaves the publisher and sends EOS out of every pad.
  void finish();

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
  void channel_opened(const std::shared_ptr<DataChannel> &channel) override;
  void track_media(const Receiver::Track &track, GstElement *pipeline, const Ref<GstPad> &pad,
                   GstClockTime base_time) override;
  void track_pad(GstPad *pad) override { hold_back(pad); }
  void session_ended(const std::string &session, const std::string &reason, bool final) override;

  Result<ReceiverSettings> receiver_settings() const;
  std::shared_ptr<SourcePad> find_pad(MediaKind kind, unsigned index);
  void add_pad(MediaKind kind, unsigned index);
  // The pad of that label; made when there is none. Null when the label is not wanted.
  std::shared_ptr<DataSourcePad> data_pad(const std::string &label);
  std::shared_ptr<DataSourcePad> add_data_pad(const std::string &label, const std::string &name);
  void post(GstStructure *structure);

  GstElement *const element_;
  std::optional<EventLoop> loop_;
  std::shared_ptr<Reaper> reaper_ = std::make_shared<Reaper>();
  std::shared_ptr<Receiver> receiver_;  // on the loop only
  StatsReader stats_reader_;

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::vector<std::shared_ptr<SourcePad>> pads_;
  std::vector<std::shared_ptr<DataSourcePad>> data_pads_;
  std::string url_;
  bool all_pads_announced_ = false;
};

}  // namespace rtc
