// The receiving half of a stream (stream_protocol.hpp): hands the bytes on exactly once, over any
// number of channels, and says what to acknowledge (pure).
//
// Threads: one at a time.
#pragma once

#include "data/stream_protocol.hpp"

namespace rtc {

class StreamReceiver {
 public:
  // What the sender sent. An error is the end: every later message gets the same one.
  // The bytes to hand on: a view into `data`, without what came before.
  Result<std::string_view> received_bytes(std::string_view data);
  Result<bool> received_text(std::string_view text);
  // The consumer took so many more of the bytes handed on.
  void consumed(size_t bytes);
  // The control message to send now, if one is due; to be asked after every other call.
  std::optional<std::string> next();
  // There is a new channel for a lost one.
  void resume() { begun_ = false; }

  bool began() const { return !stream_.empty(); }
  // The end came, and everything before it was handed on.
  bool complete() const { return complete_; }
  // What is true when no channel is left: the stream was cut short.
  bool unfinished() const { return began() && !complete_; }
  uint64_t received() const { return received_; }
  // As the sender announced it, for the display of progress.
  std::optional<uint64_t> length() const { return length_; }

 private:
  Result<bool> begin(const StreamBegin &message);
  Result<bool> end(const StreamEnd &message);
  Error fail(Error error);

  std::string stream_;
  std::optional<uint64_t> length_;
  bool begun_ = false;         // on this channel
  uint64_t position_ = 0;      // of the next byte on this channel
  uint64_t received_ = 0;      // never less than position_
  uint64_t consumed_ = 0;      // never more than received_
  uint64_t acknowledged_ = 0;  // as the sender on this channel knows it
  bool complete_ = false;
  bool final_due_ = false;  // the ack that says so
  std::optional<Error> error_;
};

}  // namespace rtc
