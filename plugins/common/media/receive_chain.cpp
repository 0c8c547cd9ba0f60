#include "media/receive_chain.hpp"

#include "base/text.hpp"

namespace rtc {

Result<MediaForm> choose_form(const Codec &codec, const GstCaps *accepted) {
  const auto takes = [&](const char *text) {
    const auto caps = adopt(gst_caps_from_string(text));
    return gst_caps_can_intersect(accepted, caps.get());
  };
  if (takes(codec.caps)) return MediaForm::encoded;
  if (takes(codec.kind == MediaKind::video ? "video/x-raw(ANY)" : "audio/x-raw(ANY)"))
    return MediaForm::raw;
  if (takes("application/x-rtp")) return MediaForm::rtp;
  const CharPtr text(gst_caps_to_string(accepted));
  return Error{Error::Kind::settings,
               format("The publisher sends %s, which the element linked to the %s pad does not "
                      "take; set %s-codecs to what it "
                      "takes, or put decodebin between them.",
                      codec.name, to_string(codec.kind), to_string(codec.kind)),
               text.get()};
}

namespace {

// The decoder of the highest rank for these caps.
std::string decoder_for(const Codec &codec) {
  const auto type = codec.kind == MediaKind::video ? GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO
                                                   : GST_ELEMENT_FACTORY_TYPE_MEDIA_AUDIO;
  GList *all = gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER | type,
                                                     GST_RANK_MARGINAL);
  const auto caps = adopt(gst_caps_from_string(codec.caps));
  // Decoders of streams with an alpha channel take nothing else, and rank above the plain ones.
  gst_caps_set_simple(caps.get(), "codec-alpha", G_TYPE_BOOLEAN, FALSE, nullptr);
  GList *fitting = gst_element_factory_list_filter(all, caps.get(), GST_PAD_SINK, FALSE);
  fitting = g_list_sort(fitting, gst_plugin_feature_rank_compare_func);
  std::string name = fitting ? GST_OBJECT_NAME(fitting->data) : "";
  gst_plugin_feature_list_free(fitting);
  gst_plugin_feature_list_free(all);
  return name;
}

void set_if_there(GstElement *element, const char *property) {
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), property))
    g_object_set(element, property, TRUE, nullptr);
}

}  // namespace

Result<Ref<GstElement>> make_receive_chain(const Codec &codec, MediaForm form) {
  if (form == MediaForm::rtp) return sink(gst_element_factory_make("identity", nullptr));
  auto text = format("%s name=depayloader", codec.depayloader);
  if (*codec.parser) text += std::string(" ! ") + codec.parser;
  if (form == MediaForm::raw) {
    const auto decoder = decoder_for(codec);
    if (decoder.empty())
      return Error{Error::Kind::missing_element,
                   format("No decoder for %s is installed; install gstreamer1.0-plugins-good, -bad "
                          "and gstreamer1.0-libav.",
                          codec.name),
                   "no decoder factory"};
    text += " ! " + decoder + " name=decoder";
  }
  GError *error = nullptr;
  auto chain = sink(gst_parse_bin_from_description(text.c_str(), TRUE, &error));
  const ErrorPtr owned(error);
  if (error || !chain)
    return Error{Error::Kind::missing_element,
                 format("%s cannot be received: a GStreamer element is missing; install "
                        "gstreamer1.0-plugins-good and -bad.",
                        codec.name),
                 error ? error->message : text};
  const auto depayloader = adopt(gst_bin_get_by_name(GST_BIN(chain.get()), "depayloader"));
  // A lost packet is asked for by a PLI, and nothing broken is passed on until the keyframe comes.
  set_if_there(depayloader.get(), "request-keyframe");
  if (const auto decoder = adopt(gst_bin_get_by_name(GST_BIN(chain.get()), "decoder"))) {
    set_if_there(decoder.get(), "use-inband-fec");
    set_if_there(decoder.get(), "plc");
  }
  return chain;
}

}  // namespace rtc
