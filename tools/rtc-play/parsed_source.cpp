#include "parsed_source.hpp"

#include <memory>

#include "base/redact.hpp"
#include "base/ref.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

struct State {
  GstBin *bin;  // owns this state
  StreamAdded added;
};

void stream_added(GstElement *, GstPad *pad, gpointer data) {
  auto *state = static_cast<State *>(data);
  state->added(state->bin, pad);
}

void add_parser(State *state, GstPad *pad) {
  GstElement *parser = gst_element_factory_make("parsebin", nullptr);
  g_signal_connect(parser, "pad-added", G_CALLBACK(stream_added), state);
  gst_bin_add(state->bin, parser);
  gst_element_sync_state_with_parent(parser);
  const auto sink = adopt(gst_element_get_static_pad(parser, "sink"));
  gst_pad_link(pad, sink.get());
}

void source_added(GstElement *, GstPad *pad, gpointer data) {
  add_parser(static_cast<State *>(data), pad);
}

}  // namespace

Result<GstElement *> make_parsed_source(const std::string &uri, StreamAdded added) {
  GError *raw_error = nullptr;
  GstElement *source = gst_element_make_from_uri(GST_URI_SRC, uri.c_str(), nullptr, &raw_error);
  const ErrorPtr error(raw_error);
  if (!source)
    return Error{Error::Kind::missing_element,
                 format("No installed GStreamer plugin reads %s. Remedy: give a file or an http, "
                        "https or rtsp address",
                        redact(uri).c_str()),
                 error->message};
  GstElement *bin = gst_bin_new(nullptr);
  auto *state = new State{GST_BIN(bin), std::move(added)};
  g_object_set_data_full(G_OBJECT(bin), "state", state,
                         [](gpointer data) { delete static_cast<State *>(data); });
  gst_bin_add(GST_BIN(bin), source);
  // A file or a download has one pad; RTSP has one for each stream, once it is connected.
  if (const auto pad = adopt(gst_element_get_static_pad(source, "src")))
    add_parser(state, pad.get());
  else
    g_signal_connect(source, "pad-added", G_CALLBACK(source_added), state);
  return bin;
}

GstCaps *stream_caps(GstPad *pad) {
  if (GstCaps *caps = gst_pad_get_current_caps(pad)) return caps;
  if (const auto stream = adopt(gst_pad_get_stream(pad)))
    if (GstCaps *caps = gst_stream_get_caps(stream.get())) return caps;
  return gst_pad_query_caps(pad, nullptr);
}

}  // namespace rtc
