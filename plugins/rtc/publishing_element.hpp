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

#include "data_sink_pads.hpp"
#include "data_source_pads.hpp"
#include "playback.hpp"
#include "properties.hpp"
#include "session/publisher.hpp"
#include "sink_pad.hpp"
#include "stats_reader.hpp"

namespace rtc {

// What viewers may do over their control channels.
enum class ViewerControl { none, navigation, playback };

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
  Protection protection = Protection::automatic;
  bool accept_data = false;
  std::string data_labels;
  ViewerControl control = ViewerControl::none;
  std::string playback_uri;
  guint max_private = 16;
};

class PublishingElement : public Publisher::Events {
 public:
  // `times`: of the frames that come; null: none do.
  explicit PublishingElement(GstElement *element, std::shared_ptr<ReceivedTimes> times = nullptr);
  ~PublishingElement() override;

  GstPad *request_new_pad(GstPadTemplate *pad_template, const char *name);
  void release_pad(GstPad *pad);

  // The states of the element; start() posts its error.
  bool start();
  virtual void play();
  void stop();
  // The element plays, or does so no more.
  void playback_changed();

  // The action signals; what cannot be done is a warning.
  bool disconnect_viewer(const char *session);
  bool set_viewer_rendition(const char *session, const char *pad, const char *rendition);
  bool set_viewer_limit(const char *session, const char *pad, guint max_height, guint max_bitrate);
  bool pause_viewer(const char *session, bool paused);

  guint viewer_count() const { return viewer_count_; }
  std::string url() const;
  StructurePtr stats();

  GuardedSettings<SinkSettings> settings;

 protected:
  // Called on the loop.
  virtual std::unique_ptr<Publisher> make_publisher(const PublisherSettings &settings) {
    return std::make_unique<Publisher>(*loop_, settings, *this, reaper_);
  }
  Result<PublisherSettings> publisher_settings() const;
  // Before the first data of a run.
  virtual Result<bool> prepare(SinkPad &) { return true; }
  std::vector<std::shared_ptr<SinkPad>> pads() const;
  // Something that is done to what is running; what cannot be done is a warning, and false.
  bool ask_publisher(const std::function<Result<bool>(Publisher &)> &what);
  void post(GstStructure *structure);
  // The sessions of a peer are counted; data of one without any has come to its end.
  void count_session(const std::string &peer) { sessions_[peer]++; }
  void discount_session(const std::string &peer);
  void end_data() { data_sources_.end(); }
  // Nothing that comes in is taken any more.
  void end_inputs();
  bool is_running();

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
  bool viewer_channel(const std::string &session, const std::string &peer,
                      const std::shared_ptr<DataChannel> &channel) override;
  void viewer_removed(const std::string &session, const std::string &peer,
                      const std::string &reason, size_t viewers) override;
  void viewer_may_control(const std::string &session) override;
  Result<std::shared_ptr<Showing>> showing_wanted(const std::string &session,
                                                  const std::string &peer) override;
  void viewer_requests(const std::string &session, const std::string &peer,
                       const ControlRequest &request, const std::vector<ControlTarget> &targets,
                       std::function<void(std::optional<std::string>)> answer) override;
  Playback &playback();
  // What that session watches.
  Playback *playback_of(const std::string &session);
  bool next_wanted(const std::string &session, const std::string &peer);

  GstElement *const element_;
  // Made with the element's first pad or start; destroyed in the reverse order of this list.
  std::optional<EventLoop> loop_;
  std::shared_ptr<Reaper> reaper_ = std::make_shared<Reaper>();
  const std::shared_ptr<ReceivedTimes> times_;

 private:
  Input::Hooks hooks(const std::string &pad);
  void inputs_ended();
  EventLoop &loop();
  const std::shared_ptr<WorkerPool> &pool();
  // What is set for viewers that have the recording to themselves.
  Result<bool> check_private() const;
  static Error no_pads_error();
  DataSinkPads::Hooks data_sink_hooks();
  // What makes running time group time.
  GstClockTimeDiff group_offset() const;
  DataSourcePad::Hooks data_source_hooks();
  // What a source data pad got is not whole, or was not taken. With a viewer that is no error of
  // the pipeline.
  virtual void data_failed(const Error &error);
  // A name for a pad of that kind; empty when it is taken.
  std::string pad_name(const char *kind, const char *wanted, unsigned &next);
  void announce_pad(GstPad *ghost);

  std::atomic<guint> viewer_count_{0};
  // Recordings of single viewers that there are.
  std::shared_ptr<std::atomic<unsigned>> showings_ = std::make_shared<std::atomic<unsigned>>(0);
  std::shared_ptr<WorkerPool> pool_;
  std::unique_ptr<Publisher> publisher_;  // on the loop only
  StatsReader stats_reader_;
  DataSinkPads data_sinks_;
  DataSourcePads data_sources_;
  std::map<std::string, unsigned> sessions_;  // of each viewer; on the loop only
  std::unique_ptr<Playback> playback_;        // from the first start with control on

  mutable std::mutex mutex_;  // guards everything below; no call goes out under it
  std::vector<std::shared_ptr<SinkPad>> pads_;
  unsigned next_video_ = 0;
  unsigned next_audio_ = 0;
  std::string url_;
  GstClockTime epoch_ = GST_CLOCK_TIME_NONE;
};

}  // namespace rtc
