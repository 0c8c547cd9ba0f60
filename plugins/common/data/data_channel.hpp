// One data channel of a webrtcbin (RFC 8831): its events on the event loop, messages in both
// directions, and how much of what was given to it waits.
//
// Threads: the event loop, except that a channel may be made on any thread. Events that come before
// listen() are kept.
#pragma once

#include <gst/webrtc/webrtc.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/event_loop.hpp"
#include "base/ref.hpp"

namespace rtc {

// What W3C calls RTCDataChannelInit, and the label.
struct DataChannelInit {
  std::string label;
  std::string protocol;
  bool ordered = true;
  int max_retransmits = -1;      // -1: reliable
  int max_packet_lifetime = -1;  // ms; at most one of the two
  GstWebRTCPriorityType priority = GST_WEBRTC_PRIORITY_TYPE_LOW;
  bool negotiated = false;  // both sides make it, with the same id
  int id = -1;
};

struct DataMessage {
  bool text = false;  // UTF-8
  Ref<GBytes> bytes;

  size_t size() const { return g_bytes_get_size(bytes.get()); }
  std::string_view view() const {
    gsize size = 0;
    const auto *data = static_cast<const char *>(g_bytes_get_data(bytes.get(), &size));
    return {data, data ? size : 0};
  }
};

class DataChannel : public std::enable_shared_from_this<DataChannel> {
 public:
  struct Hooks {
    std::function<void()> opened;
    std::function<void(const DataMessage &)> message;
    // Little of what was sent is left to be taken.
    std::function<void()> drained;
    // Comes once, last. The reason is empty when one side closed it in order.
    std::function<void(const std::string &reason)> closed;
  };

  // A channel of ours; before the offer that is to carry it, or on a connection that has channels.
  static Result<std::shared_ptr<DataChannel>> create(EventLoop &loop, GstElement *webrtcbin,
                                                     const DataChannelInit &init);
  // One that the other side makes, before anything came over it.
  static std::shared_ptr<DataChannel> wrap(EventLoop &loop, GstElement *webrtcbin,
                                           GstWebRTCDataChannel *channel);
  ~DataChannel();
  DataChannel(const DataChannel &) = delete;

  // Somebody else than the listener wants to know when it opens.
  void on_open(std::function<void()> call) { on_open_ = std::move(call); }
  void listen(Hooks hooks);
  bool is_open() const { return open_; }
  std::string label() const { return text_property("label"); }
  std::string protocol() const { return text_property("protocol"); }

  // An Error when the message is larger than the other side takes, or the channel is not open.
  Result<bool> send(const DataMessage &message);
  Result<bool> send_text(const std::string &text);
  // Bytes that SCTP has not taken yet.
  size_t buffered() const;
  // SCTP has taken everything: from then on close() loses nothing.
  bool is_taken() const;
  void close();
  // The connection is gone or given up.
  void abandon(const std::string &reason) { end(reason); }

 private:
  DataChannel(EventLoop &loop, GstElement *webrtcbin, Ref<GstWebRTCDataChannel> channel);
  void connect_signals();
  void post(std::function<void(DataChannel &)> task);
  void tell(std::function<void(const Hooks &)> event);
  void opened();
  void end(const std::string &reason);
  std::string text_property(const char *name) const;

  EventLoop &loop_;
  const Ref<GstWebRTCDataChannel> channel_;
  std::function<void()> on_open_;
  std::optional<Hooks> hooks_;
  std::vector<std::function<void(const Hooks &)>> kept_;  // until somebody listens
  mutable GWeakRef webrtcbin_;
  uint64_t sent_ = 0;     // bytes of payload
  uint64_t opening_ = 1;  // bytes that open the channel, or acknowledge that
  bool open_ = false;
  bool ended_ = false;
  std::string error_;
};

}  // namespace rtc
