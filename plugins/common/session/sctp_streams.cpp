#include "session/sctp_streams.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "base/ref.hpp"
#include "base/signal.hpp"
#include "data/data_channel.hpp"

namespace rtc {

namespace {

using Owner = std::shared_ptr<SctpStreams>;

// webrtcbin's thread has but to get its turn. One that never opened is not told to be gone.
constexpr auto longest_wait = std::chrono::seconds(1);
// A message of which a piece was given up by the sender is never taken.
constexpr auto longest_wait_for_messages = std::chrono::milliseconds(300);
constexpr size_t most_arrived = 1024;

void (*release_pad_of_sctpenc)(GstElement *, GstPad *) = nullptr;
GstPadChainFunction chain_of_sctpdec = nullptr;

GQuark owner_key() { return g_quark_from_static_string("rtc-sctp-streams"); }

void keep_owner(gpointer object, const Owner &streams) {
  g_object_set_qdata_full(G_OBJECT(object), owner_key(), new Owner(streams),
                          [](gpointer data) { delete static_cast<Owner *>(data); });
}

Owner owner_of(gpointer object) {
  const auto *owner = static_cast<Owner *>(g_object_get_qdata(G_OBJECT(object), owner_key()));
  return owner ? *owner : nullptr;
}

}  // namespace

void SctpStreams::watch(GstElement *element, const Owner &streams) {
  const auto *factory = gst_element_get_factory(element);
  const std::string_view name = factory ? GST_OBJECT_NAME(factory) : "";
  if (name == "sctpenc") {
    keep_owner(element, streams);
    static std::once_flag once;
    std::call_once(once, [klass = GST_ELEMENT_GET_CLASS(element)] {
      release_pad_of_sctpenc = klass->release_pad;
      klass->release_pad = release;
    });
  } else if (name == "sctpdec") {
    const auto pad = adopt(gst_element_get_static_pad(element, "sink"));
    keep_owner(pad.get(), streams);
    static std::once_flag once;
    std::call_once(once, [&pad] { chain_of_sctpdec = GST_PAD_CHAINFUNC(pad.get()); });
    gst_pad_set_chain_function(pad.get(), handle);
    // A pad stands for a stream until the peer resets it.
    connect_weak<void(GstElement *, GstPad *)>(
        element, "pad-added", std::weak_ptr(streams),
        [weak = std::weak_ptr(streams)](SctpStreams &self, GstElement *, GstPad *added) {
          unsigned stream = 0;
          if (std::sscanf(GST_PAD_NAME(added), "src_%u", &stream) == 1)
            self.watch_stream(added, uint16_t(stream), weak.lock());
        });
  }
}

void SctpStreams::watch_stream(GstPad *pad, uint16_t stream, const Owner &self) {
  connect_weak<void(GstPad *, GstPad *)>(pad, "unlinked", std::weak_ptr(self),
                                         [stream](SctpStreams &streams, GstPad *reset, GstPad *) {
                                           // Else it is the other end that is taken away.
                                           if (!gst_pad_is_active(reset)) streams.was_reset(stream);
                                         });
  struct Stream {
    Owner owner;
    uint16_t number;
  };
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *, gpointer data) {
        auto *taken = static_cast<Stream *>(data);
        taken->owner->taken(taken->number);
        return GST_PAD_PROBE_OK;
      },
      new Stream{self, stream}, [](gpointer data) { delete static_cast<Stream *>(data); });
}

void SctpStreams::release(GstElement *encoder, GstPad *pad) {
  const auto owner = owner_of(encoder);
  if (!owner) return release_pad_of_sctpenc(encoder, pad);
  std::lock_guard lock(owner->handling_);
  release_pad_of_sctpenc(encoder, pad);
}

GstFlowReturn SctpStreams::handle(GstPad *pad, GstObject *parent, GstBuffer *packet) {
  const auto owner = owner_of(pad);
  owner->await(packet);
  std::lock_guard lock(owner->handling_);
  if (!owner->is_stopped()) return chain_of_sctpdec(pad, parent, packet);
  gst_buffer_unref(packet);
  return GST_FLOW_OK;
}

void SctpStreams::add(GstWebRTCDataChannel *channel, const Owner &streams) {
  // webrtcbin has forgotten the channel when it tells that.
  connect_weak<void(GstWebRTCDataChannel *)>(channel, "on-close", std::weak_ptr(streams),
                                             [](SctpStreams &self, GstWebRTCDataChannel *closed) {
                                               gint id = -1;
                                               g_object_get(closed, "id", &id, nullptr);
                                               if (self.channel_is_gone(uint16_t(id)))
                                                 DataChannel::closed_by_peer(closed);
                                             });
}

void SctpStreams::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void SctpStreams::settle() { std::lock_guard lock(handling_); }

bool SctpStreams::is_stopped() {
  std::lock_guard lock(mutex_);
  return stopped_;
}

void SctpStreams::await(GstBuffer *packet) {
  GstMapInfo map;
  if (!gst_buffer_map(packet, &map, GST_MAP_READ)) return;
  const std::span<const uint8_t> bytes{map.data, map.size};
  const auto opened = opened_streams(bytes);
  const auto ended = ended_messages(bytes);
  const auto resets = reset_streams(bytes);
  gst_buffer_unmap(packet, &map);
  const auto now = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  for (const auto stream : opened) {
    changed_.wait_until(lock, now + longest_wait,
                        [&] { return stopped_ || !reset_.contains(stream); });
    reset_.erase(stream);
  }
  for (const auto stream : resets)
    changed_.wait_until(lock, now + longest_wait_for_messages, [&] {
      const auto found = untaken_.find(stream);
      return stopped_ || found == untaken_.end() || found->second <= 0;
    });
  for (const auto &message : ended) arrives(message);
}

void SctpStreams::arrives(const EndedMessage &message) {
  if (std::find(arrived_.begin(), arrived_.end(), message.tsn) != arrived_.end()) return;
  arrived_.push_back(message.tsn);
  if (arrived_.size() > most_arrived) arrived_.pop_front();
  untaken_[message.stream]++;
}

void SctpStreams::taken(uint16_t stream) {
  std::lock_guard lock(mutex_);
  if (--untaken_[stream] <= 0) changed_.notify_all();
}

void SctpStreams::was_reset(uint16_t stream) {
  std::lock_guard lock(mutex_);
  reset_.insert(stream);
  untaken_.erase(stream);
}

bool SctpStreams::channel_is_gone(uint16_t stream) {
  std::lock_guard lock(mutex_);
  changed_.notify_all();
  return reset_.erase(stream) > 0;
}

}  // namespace rtc
