// The source pads of an element for what its sessions receive: one for each track, added when the
// track is first heard of, that stays while the session behind it may be replaced.
//
// Threads: the event loop, except that deactivate() and remove() come from the application's.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "media/received_times.hpp"
#include "session/received_tracks.hpp"
#include "source_pad.hpp"

namespace rtc {

class SourcePads {
 public:
  // `infix` stands between kind and index in the names of pads and templates: "_", "_src_".
  // `times` is told when the frames are.
  SourcePads(GstElement *element, std::string infix, std::shared_ptr<ReceivedTimes> times)
      : element_(element), infix_(std::move(infix)), times_(std::move(times)) {}

  // Adds those that are missing; an error of theirs is one of the element.
  void add(const std::vector<ReceivedTrack> &tracks, milliseconds latency,
           const SourcePad::Hooks &hooks);
  // The session's running time begins at `base_time`.
  void attach(const ReceivedTrack &track, GstElement *pipeline, const Ref<GstPad> &pad,
              GstClockTime base_time);
  // The session is over; EOS on every pad when nothing comes after it.
  void detach(bool final);
  bool empty() const;
  // What is on its way downstream is of no use any more.
  void flush();

  // The element stops: a push that is blocked downstream is released by the first, before the loop
  // is waited for, and nothing is left after the last.
  void deactivate();
  void stop();
  void remove();

 private:
  std::shared_ptr<SourcePad> find(MediaKind kind, unsigned index) const;
  std::vector<std::shared_ptr<SourcePad>> pads() const;
  std::string name_of(MediaKind kind, const std::string &index) const;

  GstElement *const element_;
  const std::string infix_;
  const std::shared_ptr<ReceivedTimes> times_;

  mutable std::mutex mutex_;  // guards the pads; no call goes out under it
  std::vector<std::shared_ptr<SourcePad>> pads_;
};

}  // namespace rtc
