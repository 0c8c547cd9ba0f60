#include "session/parity_receiver.hpp"

#include <gst/rtp/gstrtpbuffer.h>

#include <optional>
#include <string_view>

#include "base/ref.hpp"

namespace rtc {

namespace {

// A keyframe and some frames after it, to which the first parity may belong.
constexpr size_t kept_first = 256;

class RtpMap {
 public:
  explicit RtpMap(GstBuffer *buffer)
      : mapped_(gst_rtp_buffer_map(
            buffer, GstMapFlags(GST_MAP_READ | int(GST_RTP_BUFFER_MAP_FLAG_SKIP_PADDING)), &rtp_)) {
  }
  ~RtpMap() {
    if (mapped_) gst_rtp_buffer_unmap(&rtp_);
  }
  RtpMap(const RtpMap &) = delete;
  explicit operator bool() const { return mapped_; }
  uint8_t payload_type() { return gst_rtp_buffer_get_payload_type(&rtp_); }
  std::span<const uint8_t> payload() {
    return {static_cast<const uint8_t *>(gst_rtp_buffer_get_payload(&rtp_)),
            gst_rtp_buffer_get_payload_len(&rtp_)};
  }

 private:
  GstRTPBuffer rtp_ = GST_RTP_BUFFER_INIT;
  bool mapped_;
};

RtpBytes bytes_of(GstBuffer *buffer) {
  RtpBytes bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

// What comes by one transport; on its streaming thread only.
class ParityReceiver::Transport {
 public:
  explicit Transport(std::shared_ptr<ParityReceiver> owner) : owner_(std::move(owner)) {}

  static GstPadProbeReturn pass(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
    auto &self = *static_cast<Transport *>(data);
    if (!self.owner_->payload_type_ || self.pushing_) return GST_PAD_PROBE_OK;
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) return self.pass_list(pad, info);
    return self.take(pad, GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
  }

 private:
  GstPadProbeReturn pass_list(GstPad *pad, GstPadProbeInfo *info);
  // False: it was parity, which nobody else wants. What was made is pushed behind that pad.
  bool take(GstPad *pad, GstBuffer *buffer);
  std::vector<RtpBytes> decode(GstBuffer *media);
  std::vector<RtpBytes> decode(std::span<const uint8_t> parity);

  const std::shared_ptr<ParityReceiver> owner_;
  // From the first parity on; nothing is copied for a sender that may send some and does not.
  std::optional<FlexfecDecoder> decoder_;
  std::vector<Ref<GstBuffer>> first_;  // of all packets
  bool begun_ = false;                 // there were more
  bool pushing_ = false;
};

void ParityReceiver::watch(GstElement *element, const std::shared_ptr<ParityReceiver> &self) {
  const auto *factory = gst_element_get_factory(element);
  if (std::string_view(factory ? GST_OBJECT_NAME(factory) : "") != "rtprtxreceive") return;
  const auto pad = adopt(gst_element_get_static_pad(element, "src"));
  gst_pad_add_probe(pad.get(),
                    GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
                    Transport::pass, new Transport(self),
                    [](gpointer data) { delete static_cast<Transport *>(data); });
}

void ParityReceiver::negotiated(uint8_t payload_type, const FlexfecExtensions &extensions) {
  transport_cc_id_ = extensions.transport_cc_id;
  abs_send_time_id_ = extensions.abs_send_time_id;
  payload_type_ = payload_type;
}

GstPadProbeReturn ParityReceiver::Transport::pass_list(GstPad *pad, GstPadProbeInfo *info) {
  auto *list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
  auto rest = adopt(gst_buffer_list_new());
  for (guint i = 0; i < gst_buffer_list_length(list); i++) {
    auto *buffer = gst_buffer_list_get(list, i);
    if (take(pad, buffer)) gst_buffer_list_add(rest.get(), gst_buffer_ref(buffer));
  }
  if (gst_buffer_list_length(rest.get()) == gst_buffer_list_length(list)) return GST_PAD_PROBE_OK;
  gst_buffer_list_unref(list);
  if (!gst_buffer_list_length(rest.get())) {
    GST_PAD_PROBE_INFO_DATA(info) = nullptr;
    return GST_PAD_PROBE_HANDLED;
  }
  GST_PAD_PROBE_INFO_DATA(info) = rest.release();
  return GST_PAD_PROBE_OK;
}

bool ParityReceiver::Transport::take(GstPad *pad, GstBuffer *buffer) {
  std::vector<RtpBytes> found;
  bool parity = false;
  {
    RtpMap rtp(buffer);
    if (!rtp) return true;
    parity = rtp.payload_type() == owner_->payload_type_;
    if (parity) found = decode(rtp.payload());
  }
  if (!parity) found = decode(buffer);
  pushing_ = true;
  for (const auto &packet : found) {
    auto made = adopt(gst_buffer_new_memdup(packet.data(), packet.size()));
    gst_buffer_copy_into(made.get(), buffer, GST_BUFFER_COPY_TIMESTAMPS, 0, static_cast<gsize>(-1));
    owner_->recovered_++;
    gst_pad_push(pad, made.release());
  }
  pushing_ = false;
  return !parity;
}

std::vector<RtpBytes> ParityReceiver::Transport::decode(GstBuffer *media) {
  if (decoder_) return decoder_->media(bytes_of(media));
  if (begun_) return {};
  first_.push_back(share(media));
  begun_ = first_.size() > kept_first;
  if (begun_) first_.clear();
  return {};
}

std::vector<RtpBytes> ParityReceiver::Transport::decode(std::span<const uint8_t> parity) {
  owner_->packets_++;
  if (!decoder_) {
    decoder_.emplace(
        FlexfecExtensions{owner_->transport_cc_id_.load(), owner_->abs_send_time_id_.load()});
    for (const auto &buffer : first_) (void)decoder_->media(bytes_of(buffer.get()));
    first_.clear();
  }
  return decoder_->parity(parity);
}

}  // namespace rtc
