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
  srtp::Secret<srtp::master_size> master;
  if (random || !key || gst_buffer_get_size(key.get()) != master.size() ||
      nick_of(srtpenc, "rtp-cipher") != "aes-128-icm" ||
      nick_of(srtpenc, "rtp-auth") != "hmac-sha1-80")
    return nullptr;
  gst_buffer_extract(key.get(), 0, master.data(), master.size());
  return srtp::Protector::create(master);
}

// What comes into one pad of a srtpenc leaves by its other one. Only the pad's streaming thread is
// here, under its stream lock.
class SrtpSender {
 public:
  explicit SrtpSender(std::shared_ptr<TransportWide> transport)
      : transport_(std::move(transport)) {}

  static GstPadProbeReturn probe(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
    auto &self = *static_cast<SrtpSender *>(data);
    if (!self.begun_) self.begin(pad);
    if (!self.protector_) {
      if (self.transport_->is_negotiated()) self.number(info);
      return GST_PAD_PROBE_OK;
    }
    auto &flow = GST_PAD_PROBE_INFO_FLOW_RETURN(info);
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST)
      flow = self.send(pad, adopt(GST_PAD_PROBE_INFO_BUFFER_LIST(info)));
    else
      flow = self.send(pad, adopt(GST_PAD_PROBE_INFO_BUFFER(info)));
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
  GstFlowReturn send(GstPad *pad, const Ref<GstBuffer> &buffer) {
    auto out = protect(buffer.get());
    if (failed_) return fail(pad);
    return out ? gst_pad_push(output_.get(), out.release()) : GST_FLOW_OK;
  }
  GstFlowReturn send(GstPad *pad, const Ref<GstBufferList> &list) {
    const auto length = gst_buffer_list_length(list.get());
    auto out = adopt(gst_buffer_list_new_sized(length));
    for (guint i = 0; i < length; i++)
      if (auto packet = protect(gst_buffer_list_get(list.get(), i)))
        gst_buffer_list_add(out.get(), packet.release());
    if (failed_) return fail(pad);
    if (!gst_buffer_list_length(out.get())) return GST_FLOW_OK;
    return gst_pad_push_list(output_.get(), out.release());
  }
  // The payload's memory belongs to all viewers, so it goes into a buffer of its own.
  Ref<GstBuffer> protect(GstBuffer *buffer) {
    using Result = srtp::Protector::Result;
    const auto size = gst_buffer_get_size(buffer);
    auto out = adopt(gst_buffer_new_allocate(nullptr, size + srtp::tag_size, nullptr));
    GstMapInfo map;
    gst_buffer_map(out.get(), &map, GST_MAP_WRITE);
    gst_buffer_extract(buffer, 0, map.data, size);
    transport_->number({map.data, size});
    const auto result = protector_->protect(
        {map.data, size}, std::span<uint8_t, srtp::tag_size>(map.data + size, srtp::tag_size));
    gst_buffer_unmap(out.get(), &map);
    if (result == Result::failed) failed_ = true;
    if (result == Result::refused) RTC_WARNING("a packet cannot be protected and is not sent");
    if (result != Result::done) return {};
    gst_buffer_copy_into(out.get(), buffer, GST_BUFFER_COPY_METADATA, 0, static_cast<gsize>(-1));
    return out;
  }
  // What srtpenc protects.
  void number(GstPadProbeInfo *info) {
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
      auto *list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
      for (guint i = 0; i < gst_buffer_list_length(list); i++)
        number(gst_buffer_list_get_writable(list, i));
      GST_PAD_PROBE_INFO_DATA(info) = list;
    } else {
      auto *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
      number(buffer);
      GST_PAD_PROBE_INFO_DATA(info) = buffer;
    }
  }
  void number(GstBuffer *buffer) {
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) return;
    transport_->number({map.data, map.size});
    gst_buffer_unmap(buffer, &map);
  }
  // Which ends the connection; another one takes its place.
  static GstFlowReturn fail(GstPad *pad) {
    if (const auto srtpenc = adopt(gst_pad_get_parent_element(pad)))
      GST_ELEMENT_ERROR(srtpenc.get(), LIBRARY, ENCODE, ("OpenSSL cannot protect a packet."),
                        (nullptr));
    return GST_FLOW_ERROR;
  }

  const std::shared_ptr<TransportWide> transport_;
  bool failed_ = false;
  bool begun_ = false;
  Ref<GstPad> output_;
  std::unique_ptr<srtp::Protector> protector_;
};

using Transport = std::shared_ptr<TransportWide>;

void take_over_pad(GstElement *, GstPad *pad, gpointer data) {
  if (!g_str_has_prefix(GST_OBJECT_NAME(pad), "rtp_sink_")) return;
  gst_pad_add_probe(pad,
                    GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
                    SrtpSender::probe, new SrtpSender(*static_cast<Transport *>(data)),
                    [](gpointer sender) { delete static_cast<SrtpSender *>(sender); });
}

}  // namespace

void take_over_srtp(GstElement *srtpenc, const Transport &transport) {
  auto *kept = new Transport(transport);
  g_signal_connect_data(
      srtpenc, "pad-added", G_CALLBACK(take_over_pad), kept,
      [](gpointer data, GClosure *) { delete static_cast<Transport *>(data); }, GConnectFlags(0));
  gst_element_foreach_sink_pad(
      srtpenc,
      [](GstElement *element, GstPad *pad, gpointer data) -> gboolean {
        take_over_pad(element, pad, data);
        return TRUE;
      },
      kept);
}

}  // namespace rtc
