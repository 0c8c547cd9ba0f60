// What rtcsink does between its GObject face and the publisher: settings to a publisher, request
// pads to inputs, events to signals and messages.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data_sink_pad.hpp"
#include "properties.hpp"
#include "session/publisher.hpp"
#include "sink_pad.hpp"
#include "stats_reader.hpp"

namespace rtc {

struct SinkSettings : ConnectionSettings {
  std::string stream;
  std::string video_codecs = "VP8,H264,VP9,AV1";
  std::string audio_codecs = "OPUS";
  std::string renditions;
  guint video_bitrate = 0;
  guint audio_bitrate = 64000;
  guint keyframe_interval = 60000;
  guint linger = 5000;
  guint max_viewers = 0;
  bool control_rate = true;
};

class PublishingElement : public Publisher::Events {
 public:
  explicit PublishingElement(GstElement *element) : element_(element) {}
  ~PublishingElement() override;

  GstPad *request_new_pad(GstPadTemplate *pad_template, const char *name);
  void release_pad(GstPad *pad);

  // The states of the element; start() posts its error.
  bool start();
  void play();
  void stop();

  // The action signals; what cannot be done is a warning.
  bool disconnect_viewer(const char *session);
  bool set_viewer_rendition(const char *session, const char *pad, const char *rendition);
  bool set_viewer_limit(const char *session, const char *pad, guint max_height, guint max_bitrate);
  bool pause_viewer(const char *session, bool paused);

  // The pads, for GstChildProxy.
  guint pad_count() const;
  Ref<GstPad> pad_at(guint index) const;
  guint viewer_count() const { return viewer_count_; }
  std::string url() const;
  StructurePtr stats();

  GuardedSettings<SinkSettings> settings;

 private:
  void publisher_ready(const std::string &url, const std::string &stream) override;
  void publisher_lost(const Error &error) override;
  void publisher_failed(const Error &error) override;
  void publisher_warns(const std::string &session, const Error &error) override;
  bool accept_viewer(const std::string &session, const std::string &peer) override;
  void viewer_added(const std::string &session, const std::string &peer, GstElement *webrtcbin,
                    size_t viewers) override;
  void viewer_started(const std::string &session, const std::string &peer) override;
  void viewer_path_changed(const std::string &session, const std::string &peer,
                           const SelectedPair &path) override;
  void viewer_healing(const std::string &session, const std::string &peer,
                      const std::string &reason, GstElement *webrtcbin) override;
  void viewer_healed(const std::string &session, const std::string &peer,
                     milliseconds gap) override;
  void viewer_rendition(const std::string &session, const std::string &peer, const std::string &pad,
                        const std::string &rendition, const std::string &reason) override;
  void viewer_removed(const std::string &session, const std::string &peer,
                      const std::string &reason, size_t viewers) override;

  Result<PublisherSettings> publisher_settings() const;
  bool ask_publisher(const std::function<Result<bool>(Publisher &)> &what);
  Input::Hooks hooks(const std::string &pad);
  void inputs_ended();
  void post(GstStructure *structure);
  std::vector<std::shared_ptr<SinkPad>> pads() const;
  std::vector<std::shared_ptr<DataSinkPad>> data_pads() const;
  GstPad *request_data_pad(GstPadTemplate *pad_template, const char *name);
  bool release_data_pad(GstPad *ghost);
  // A name for a pad of that kind; empty when it is taken.
  std::string pad_name(const char *kind, const char *wanted, unsigned &next);
  void announce_pad(GstPad *ghost);
  // The feeds with the properties of their pads.
  Result<Viewer::Feeds> configured_feeds() const;

  GstElement *const element_;
  std::atomic<guint> viewer_count_{0};

  // Made with the element's first pad or start; destroyed in the reverse order of this list.
  std::optional<EventLoop> loop_;
  std::shared_ptr<Reaper> reaper_ = std::make_shared<Reaper>();
  std::shared_ptr<WorkerPool> pool_;
  std::unique_ptr<Publisher> publisher_;  // on the loop only
  StatsReader stats_reader_;

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::vector<std::shared_ptr<SinkPad>> pads_;
  std::vector<std::shared_ptr<DataSinkPad>> data_pads_;
  unsigned next_video_ = 0;
  unsigned next_audio_ = 0;
  unsigned next_data_ = 0;
  std::string url_;
  GstClockTime epoch_ = GST_CLOCK_TIME_NONE;
};

}  // namespace rtc
