// The timeline of a pipeline, as viewers of rtcsink steer it: of the one that the element is in,
// for all of them, or of a viewer's own. Seeks go upstream from the sink pads.
//
// A seek of raw media is accurate; of encoded media it goes to the keyframe before, without which
// the viewers would see nothing.
//
// Threads: a thread of its own, since a seek waits for streaming threads, which may wait for the
// event loop. Public methods may be called on any thread. Hooks are called on the own one, without
// a lock held.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "control/control_protocol.hpp"
#include "session/viewer.hpp"
#include "sink_pad.hpp"

namespace rtc {

class Playback {
 public:
  using Pads = std::vector<std::shared_ptr<SinkPad>>;
  // With words for the viewer when it was not done.
  using Answer = std::function<void(std::optional<std::string>)>;

  struct Hooks {
    std::function<Pads()> pads;
    // The application is to go on to what comes next; false: nobody knows what that is.
    std::function<bool(const std::string &session, const std::string &peer)> next;
    std::function<size_t()> viewers;
    // The pipeline is to play or to pause.
    std::function<void(GstState)> set_state;
    std::function<void(const PlaybackState &)> tell;
    std::function<void(const Error &)> failed;
  };

  // `element`: whose state is that of the pipeline.
  Playback(GstElement *element, Hooks hooks);

  // Whether viewers may steer the timeline; else they only send events.
  void start(bool playback);
  void stop();

  void perform(const std::string &session, const std::string &peer, const PlaybackRequest &request,
               Answer answer);
  // Events of a viewer go upstream from the pads.
  void send(const ControlRequest &request, const std::vector<ControlTarget> &targets,
            Answer answer);
  // Tells all viewers how it stands.
  void changed();

  // Runs a task on the own thread, after what was asked for before.
  void run(std::function<void()> task) { loop_.post(std::move(task)); }
  // The same, and waits for it.
  void call(const std::function<void()> &task) { loop_.call(task); }

  // At its end it begins again.
  bool loops() const { return loops_; }
  bool ended() const;
  void begin_again();

 private:
  void perform_now(const std::string &session, const std::string &peer,
                   const PlaybackRequest &request, const Answer &answer);
  Result<bool> change(const std::string &session, const std::string &peer,
                      const PlaybackRequest &request);
  Result<bool> seek(std::chrono::nanoseconds position, double rate);
  Result<bool> send_now(const ControlRequest &request, const std::vector<ControlTarget> &targets);
  PlaybackState state() const;
  std::chrono::nanoseconds position() const;
  std::optional<std::chrono::nanoseconds> duration() const;
  // The pads with what the viewers look at first.
  Pads pads() const;
  bool is_seekable() const;

  GstElement *const element_;
  const Hooks hooks_;
  std::atomic<bool> playback_{false};
  std::atomic<bool> loops_{false};
  std::atomic<unsigned> last_seek_{0};  // asked for
  // On the own thread only.
  double rate_ = 1;
  std::chrono::nanoseconds position_{0};  // where it was last
  Timer ticker_;
  EventLoop loop_{"rtc-playback"};  // last: its thread ends before what it uses goes
};

}  // namespace rtc
