#include "session/srtp_sender.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/ref.hpp"
#include "srtp/protector.hpp"

namespace rtc {

namespace {

std::string nick_of(GstElement *element, const char *property) {
  GValue value = G_VALUE_INIT;
  g_object_get_property(G_OBJECT(element), property, &value);
  const auto *choice = g_enum_get_value(
      static_cast<GEnumClass *>(g_type_class_peek(G_VALUE_TYPE(&value))), g_value_get_enum(&value));
  std::string nick = choice ? choice->value_nick : "";
  g_value_unset(&value);
  return nick;
}

// With the keys of the DTLS handshake; until then srtpenc has a random one.
std::unique_ptr<srtp::Protector> protector_of(GstElement *srtpenc) {
  gboolean random = FALSE;
  GstBuffer *buffer = nullptr;
  g_object_get(srtpenc, "random-key", &random, "key", &buffer, nullptr);
  const auto key = adopt(buffer);
  uint8_t master[srtp::master_size];
  if (random || !key || gst_buffer_get_size(key.get()) != sizeof master ||
      nick_of(srtpenc, "rtp-cipher") != "aes-128-icm" ||
      nick_of(srtpenc, "rtp-auth") != "hmac-sha1-80")
    return nullptr;
  gst_buffer_extract(key.get(), 0, master, sizeof master);
  auto protector = srtp::Protector::create(master);
  std::fill(std::begin(master), std::end(master), uint8_t(0));
  return protector;
}

// What comes into one pad of a srtpenc leaves by its other one. Only the pad's streaming thread is
// here, under its stream lock.
class SrtpSender {
 public:
  static GstPadProbeReturn probe(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
    auto &self = *static_cast<SrtpSender *>(data);
    if (!self.begun_) self.begin(pad);
    if (!self.protector_) return GST_PAD_PROBE_OK;
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
      const auto list = adopt(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
      GST_PAD_PROBE_INFO_FLOW_RETURN(info) = self.send(list.get());
    } else {
      const auto buffer = adopt(GST_PAD_PROBE_INFO_BUFFER(info));
      auto out = self.protect(buffer.get());
      GST_PAD_PROBE_INFO_FLOW_RETURN(info) =
          out ? gst_pad_push(self.output_.get(), out.release()) : GST_FLOW_OK;
    }
    return GST_PAD_PROBE_HANDLED;
  }

 private:
  void begin(GstPad *pad) {
    begun_ = true;
    const auto srtpenc = adopt(gst_pad_get_parent_element(pad));
    if (!srtpenc) return;
    // rtp_sink_0 and rtp_src_0
    const std::string name = GST_OBJECT_NAME(pad);
    output_ = adopt(gst_element_get_static_pad(
        srtpenc.get(), ("rtp_src_" + name.substr(name.rfind('_') + 1)).c_str()));
    if (output_) protector_ = protector_of(srtpenc.get());
    if (!protector_) RTC_DEBUG("%s: RTP is left to libsrtp", GST_OBJECT_NAME(srtpenc.get()));
  }
  GstFlowReturn send(GstBufferList *list) {
    const auto length = gst_buffer_list_length(list);
    auto out = adopt(gst_buffer_list_new_sized(length));
    for (guint i = 0; i < length; i++)
      if (auto packet = protect(gst_buffer_list_get(list, i)))
        gst_buffer_list_add(out.get(), packet.release());
    if (!gst_buffer_list_length(out.get())) return GST_FLOW_OK;
    return gst_pad_push_list(output_.get(), out.release());
  }
  // The payload's memory belongs to all viewers, so it goes into a buffer of its own.
  Ref<GstBuffer> protect(GstBuffer *buffer) {
    const auto size = gst_buffer_get_size(buffer);
    auto out = adopt(gst_buffer_new_allocate(nullptr, size + srtp::tag_size, nullptr));
    GstMapInfo map;
    gst_buffer_map(out.get(), &map, GST_MAP_WRITE);
    gst_buffer_extract(buffer, 0, map.data, size);
    const bool done = protector_->protect(
        {map.data, size}, std::span<uint8_t, srtp::tag_size>(map.data + size, srtp::tag_size));
    gst_buffer_unmap(out.get(), &map);
    if (!done) {
      RTC_WARNING("a packet cannot be protected and is not sent");
      return {};
    }
    gst_buffer_copy_into(out.get(), buffer, GST_BUFFER_COPY_METADATA, 0, static_cast<gsize>(-1));
    return out;
  }

  bool begun_ = false;
  Ref<GstPad> output_;
  std::unique_ptr<srtp::Protector> protector_;
};

void take_over_pad(GstElement *, GstPad *pad, gpointer) {
  if (!g_str_has_prefix(GST_OBJECT_NAME(pad), "rtp_sink_")) return;
  gst_pad_add_probe(pad,
                    GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
                    SrtpSender::probe, new SrtpSender,
                    [](gpointer data) { delete static_cast<SrtpSender *>(data); });
}

}  // namespace

void take_over_srtp(GstElement *srtpenc) {
  g_signal_connect(srtpenc, "pad-added", G_CALLBACK(take_over_pad), nullptr);
  gst_element_foreach_sink_pad(
      srtpenc,
      [](GstElement *element, GstPad *pad, gpointer) -> gboolean {
        take_over_pad(element, pad, nullptr);
        return TRUE;
      },
      nullptr);
}

}  // namespace rtc
