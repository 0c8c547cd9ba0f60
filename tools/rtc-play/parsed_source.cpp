#include "parsed_source.hpp"

#include <memory>

#include "base/ref.hpp"

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

// A source has one pad, or with RTSP one for each stream; each gets its own parser.
void source_added(GstElement *, GstPad *pad, gpointer data) {
  auto *state = static_cast<State *>(data);
  GstElement *parser = gst_element_factory_make("parsebin", nullptr);
  g_signal_connect(parser, "pad-added", G_CALLBACK(stream_added), state);
  gst_bin_add(state->bin, parser);
  gst_element_sync_state_with_parent(parser);
  const auto sink = adopt(gst_element_get_static_pad(parser, "sink"));
  gst_pad_link(pad, sink.get());
}

}  // namespace

GstElement *make_parsed_source(const std::string &uri, StreamAdded added) {
  GstElement *bin = gst_bin_new(nullptr);
  GstElement *source = gst_element_factory_make("urisourcebin", nullptr);
  auto *state = new State{GST_BIN(bin), std::move(added)};
  g_object_set_data_full(G_OBJECT(bin), "state", state,
                         [](gpointer data) { delete static_cast<State *>(data); });
  g_object_set(source, "uri", uri.c_str(), nullptr);
  g_signal_connect(source, "pad-added", G_CALLBACK(source_added), state);
  gst_bin_add(GST_BIN(bin), source);
  return bin;
}

GstCaps *stream_caps(GstPad *pad) {
  if (GstCaps *caps = gst_pad_get_current_caps(pad)) return caps;
  if (const auto stream = adopt(gst_pad_get_stream(pad)))
    if (GstCaps *caps = gst_stream_get_caps(stream.get())) return caps;
  return gst_pad_query_caps(pad, nullptr);
}

}  // namespace rtc
