// The pipeline of rtc-play: a LoopSource into one rtcsink, and what is told to the person watching
// the terminal.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

#include "base/error.hpp"
#include "loop_source.hpp"
#include "media_facts.hpp"

namespace rtc {

struct PlayerSettings {
  std::string uri;
  std::string listen;  // rtcsink's properties; empty: rtcsink's own choice
  std::string signaling_uri;
  std::string stream;
  std::string token;  // secret
  bool once = false;
  bool decode = false;
  unsigned max_private = 0;  // viewers with a timeline of their own; 0: one timeline for all
  unsigned seconds = 0;      // 0: until stopped
};

class Player {
 public:
  // Looks at the recording and makes the pipeline.
  static Result<std::unique_ptr<Player>> make(PlayerSettings settings);
  ~Player();

  // Returns the exit status: 0 after the duration, a signal or, with `once`, the end.
  int run();

 private:
  explicit Player(PlayerSettings settings);
  Result<bool> build();
  Result<bool> build_loop(const MediaFacts &facts);
  Result<bool> build_private(const MediaFacts &facts);
  Result<bool> link_tracks(const std::vector<TrackPlan> &tracks);
  gboolean message(GstMessage *message);
  void session_event(const GstStructure *event);
  void quit(int status);

  PlayerSettings settings_;
  Ref<GMainLoop> loop_;
  Ref<GstElement> pipeline_;
  GstElement *sink_ = nullptr;  // owned by the pipeline
  std::unique_ptr<LoopSource> source_;
  std::string page_;  // where it can be watched, once that is known
  bool signaling_lost_ = false;
  int status_ = 0;
};

}  // namespace rtc
