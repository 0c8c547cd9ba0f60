// The sending half of a stream (stream_protocol.hpp): cuts the bytes into messages and keeps them
// until they are acknowledged, so that a new channel can go on where a lost one stopped (pure).
//
// Threads: one at a time.
#pragma once

#include <deque>

#include "data/stream_protocol.hpp"

namespace rtc {

struct StreamMessage {
  bool text = false;
  std::string_view data;  // good until the next call of the sender
};

struct StreamSettings {
  size_t window = 1048576;  // bytes kept until they are acknowledged; brought into its limits
  size_t chunk = 16384;     // the largest binary message
  std::optional<uint64_t> length;  // of the whole, where it is known beforehand
};

class StreamSender {
 public:
  // `id`: 32 hexadecimal digits, such as random_id() gives.
  explicit StreamSender(std::string id, StreamSettings settings = {});

  // The bytes that push() takes now.
  size_t room() const;
  // Takes the first bytes, as many as there is room for, and returns how many.
  size_t push(std::string_view bytes);
  // No more bytes come.
  void finish() {
    if (!finished_) end_due_ = finished_ = true;
  }

  // What is to be sent now, in order; nothing: nothing for now. To be asked while the channel
  // takes more, and again after every other call.
  std::optional<StreamMessage> next();
  // What the receiver sent. An error is the end: what it says is final, and next() gives nothing.
  Result<bool> received(std::string_view text);
  // There is a new channel for a lost one.
  void resume();

  // The receiver has everything and knows that it has.
  bool done() const { return done_; }
  uint64_t acknowledged() const { return acknowledged_; }

 private:
  std::string_view next_bytes();
  Result<bool> acknowledge(const StreamAck &ack);
  Error fail(Error error);
  StreamMessage say(std::string text);

  std::string id_;
  StreamSettings settings_;
  // Every chunk is full but the last, so that a position is found by a division.
  std::deque<std::string> kept_;
  uint64_t kept_from_ = 0;  // the position of the first byte in kept_
  uint64_t total_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t sent_ = 0;       // on this channel: where the next bytes come from
  uint64_t ever_sent_ = 0;  // on any
  bool begin_due_ = true;
  bool end_due_ = false;
  bool finished_ = false;
  bool end_sent_ = false;  // on any channel
  bool done_ = false;
  std::optional<Error> error_;
  std::string text_;  // the last control message
};

}  // namespace rtc
