// One data channel of a webrtcbin (RFC 8831): its events on the event loop, messages in both
// directions, and how much of what was given to it waits.
//
// Threads: the event loop, except that a channel may be made on any thread. What happened before
// somebody writes or reads is told then; of messages that come before there is a reader, a bounded
// part is kept.
#pragma once

#include <gst/webrtc/webrtc.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/event_loop.hpp"
#include "base/reaper.hpp"
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
  // `closed` comes once, last. The reason is empty when one side closed it in order.
  struct Writer {
    std::function<void()> opened;
    // Little of what was sent is left to be taken.
    std::function<void()> drained;
    std::function<void(const std::string &reason)> closed;
  };
  struct Reader {
    std::function<void(const DataMessage &)> message;
    std::function<void(const std::string &reason)> closed;
  };

  // A channel of ours; before the offer that is to carry it, or on a connection that has channels.
  static Result<std::shared_ptr<DataChannel>> create(EventLoop &loop,
                                                     std::shared_ptr<Reaper> reaper,
                                                     GstElement *webrtcbin,
                                                     const DataChannelInit &init);
  // One that the other side makes, before anything came over it.
  static std::shared_ptr<DataChannel> wrap(EventLoop &loop, std::shared_ptr<Reaper> reaper,
                                           GstElement *webrtcbin, GstWebRTCDataChannel *channel);
  ~DataChannel();
  DataChannel(const DataChannel &) = delete;

  // Somebody else than the writer wants to know when it opens.
  void on_open(std::function<void()> call) { on_open_ = std::move(call); }
  // A message has come that nobody reads; once, until somebody did.
  void on_unread(std::function<void()> call);
  // There is one of each at a time; another one takes its place.
  void write(Writer writer);
  void read(Reader reader);
  bool is_open() const { return open_; }
  std::string label() const { return text_property("label"); }
  std::string protocol() const { return text_property("protocol"); }
  bool is_stream() const;
  bool is_timed() const;
  // As both sides have it.
  DataChannelInit init() const;

  // An Error when the message is larger than the other side takes, or the channel is not open.
  Result<bool> send(const DataMessage &message);
  Result<bool> send_text(const std::string &text);
  // Bytes that SCTP has not taken yet.
  size_t buffered() const;
  // SCTP has taken everything, and the other side knows of the channel: from then on close() loses
  // nothing here.
  bool is_taken();
  void close();
  // The other side has closed that channel. It is told before the channel's on-close, on its
  // thread.
  static void closed_by_peer(GstWebRTCDataChannel *channel);
  // The connection is gone or given up.
  void abandon(const std::string &reason) { end(reason); }

 private:
  DataChannel(EventLoop &loop, std::shared_ptr<Reaper> reaper, GstElement *webrtcbin,
              Ref<GstWebRTCDataChannel> channel);
  void connect_signals();
  void post(std::function<void(DataChannel &)> task);
  void opened();
  void heard(DataMessage message);
  void keep(DataMessage message);
  Ref<GstElement> webrtcbin() const;
  int id() const;
  using Ends = std::vector<Ref<GstElement>>;
  Ends find_ends() const;
  void remove_ends();
  void let_go();
  void end(const std::string &reason);
  // That the other side takes.
  size_t largest_message() const;
  std::string text_property(const char *name) const;

  EventLoop &loop_;
  const std::shared_ptr<Reaper> reaper_;
  const Ref<GstWebRTCDataChannel> channel_;
  std::function<void()> on_open_;
  std::function<void()> on_unread_;
  std::optional<Writer> writer_;
  std::optional<Reader> reader_;
  std::deque<DataMessage> kept_;  // until somebody reads
  size_t kept_bytes_ = 0;
  bool lost_some_ = false;
  mutable GWeakRef webrtcbin_;
  Ends ends_;                             // webrtcbin's elements for this channel
  std::shared_ptr<DataChannel> closing_;  // itself, until it is closed
  uint64_t sent_ = 0;                     // bytes of payload
  uint64_t opening_ = 1;                  // bytes that open the channel, or acknowledge that
  bool open_ = false;
  bool ended_ = false;
  std::string error_;  // also the reason of the end
};

}  // namespace rtc
