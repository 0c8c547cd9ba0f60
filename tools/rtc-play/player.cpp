#include "player.hpp"

#include <glib-unix.h>

#include <cstdio>

#include "base/text.hpp"
#include "media_scan.hpp"

namespace rtc {

namespace {

Error missing(const char *element, const char *remedy) {
  return {Error::Kind::missing_element,
          format("The GStreamer element %s is not installed. Remedy: %s", element, remedy), ""};
}

// What rtcsink takes on its pads for tracks of a kind; null when it has no such pads.
Ref<GstCaps> accepted_caps(GstElement *sink, TrackKind kind) {
  auto *pad_template =
      gst_element_get_pad_template(sink, kind == TrackKind::video ? "video_%u" : "audio_%u");
  return pad_template ? adopt(gst_pad_template_get_caps(pad_template)) : nullptr;
}

const char *text_field(const GstStructure *event, const char *name) {
  const char *text = gst_structure_get_string(event, name);
  return text ? text : "";
}

}  // namespace

Player::Player(PlayerSettings settings)
    : settings_(std::move(settings)), loop_(adopt(g_main_loop_new(nullptr, FALSE))) {}

Result<std::unique_ptr<Player>> Player::make(PlayerSettings settings) {
  std::unique_ptr<Player> player(new Player(std::move(settings)));
  const auto built = player->build();
  if (!built) return built.error();
  return player;
}

Player::~Player() {
  if (source_) source_->stop();
  if (pipeline_) {
    const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    gst_bus_remove_watch(bus.get());
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }
}

Result<bool> Player::build() {
  for (const char *name : {"parsebin", "decodebin", "videoconvertscale", "audioresample"})
    if (!adopt(gst_element_factory_find(name)))
      return missing(name, "apt-get install gstreamer1.0-plugins-base");
  pipeline_ = sink(gst_pipeline_new("rtc-play"));
  sink_ = gst_element_factory_make("rtcsink", nullptr);
  if (!sink_)
    return missing("rtcsink",
                   "install the plugin, or run from the build tree with tools/env rtc-play");
  gst_bin_add(GST_BIN(pipeline_.get()), sink_);
  const std::pair<const char *, const std::string &> properties[] = {
      {"listen", settings_.listen},
      {"uri", settings_.signaling_uri},
      {"stream", settings_.stream},
      {"token", settings_.token}};
  for (const auto &[name, value] : properties)
    if (!value.empty()) g_object_set(sink_, name, value.c_str(), nullptr);

  const auto facts = scan_media(settings_.uri);
  if (!facts) return facts.error();
  return settings_.max_private ? build_private(*facts) : build_loop(*facts);
}

Result<bool> Player::build_private(const MediaFacts &facts) {
  if (facts.live)
    return Error{Error::Kind::settings,
                 "What is live has no timeline for each viewer. Remedy: leave out --private", ""};
  g_object_set(sink_, "playback-uri", settings_.uri.c_str(), "max-private", settings_.max_private,
               nullptr);
  gst_util_set_object_arg(G_OBJECT(sink_), "control", "playback");
  std::printf("Encoded anew for each viewer, %u at most: each has a timeline of its own\n",
              settings_.max_private);
  return true;
}

Result<bool> Player::build_loop(const MediaFacts &facts) {
  LoopSource::Settings loop{settings_.uri, {}, facts.live ? 0 : facts.start, settings_.once};
  for (const auto &track : facts.tracks) {
    auto plan = plan_track(track, accepted_caps(sink_, track.kind).get(), settings_.decode);
    if (!plan) return plan.error();
    std::printf("%s\n", plan->text.c_str());
    loop.tracks.push_back(*plan);
  }
  for (const auto &track : facts.ignored) std::printf("Not sent: %s\n", track.c_str());
  const auto tracks = loop.tracks;
  source_ = std::make_unique<LoopSource>(GST_BIN(pipeline_.get()), std::move(loop));
  return link_tracks(tracks);
}

Result<bool> Player::link_tracks(const std::vector<TrackPlan> &tracks) {
  for (size_t i = 0; i < tracks.size(); i++) {
    const char *name = tracks[i].kind == TrackKind::video ? "video_%u" : "audio_%u";
    const auto pad = adopt(gst_element_request_pad_simple(sink_, name));
    const auto result =
        pad ? gst_pad_link(source_->output(i).get(), pad.get()) : GST_PAD_LINK_NOFORMAT;
    if (result != GST_PAD_LINK_OK)
      return Error{Error::Kind::failed, "rtcsink does not take the track: please report it",
                   gst_pad_link_get_name(result)};
  }
  return true;
}

int Player::run() {
  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_add_watch(
      bus.get(),
      [](GstBus *, GstMessage *m, gpointer self) {
        return static_cast<Player *>(self)->message(m);
      },
      this);
  const auto stop = [](gpointer self) -> gboolean {
    static_cast<Player *>(self)->quit(0);
    return G_SOURCE_CONTINUE;
  };
  g_unix_signal_add(SIGINT, stop, this);
  g_unix_signal_add(SIGTERM, stop, this);
  if (settings_.seconds > 0) g_timeout_add_seconds(settings_.seconds, stop, this);
  if (source_) source_->start();
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  g_main_loop_run(loop_.get());
  if (status_ == 0) std::printf("Stopped\n");
  return status_;
}

void Player::quit(int status) {
  status_ = status;
  g_main_loop_quit(loop_.get());
}

gboolean Player::message(GstMessage *message) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR: {
      const auto error = explain(message);
      std::fprintf(stderr, "rtc-play: %s\n", error.message.c_str());
      if (!error.detail.empty()) std::fprintf(stderr, "  (%s)\n", error.detail.c_str());
      quit(1);
      break;
    }
    case GST_MESSAGE_WARNING: {
      GError *raw_error = nullptr;
      gst_message_parse_warning(message, &raw_error, nullptr);
      const ErrorPtr error(raw_error);
      std::printf("Warning: %s\n", error->message);
      break;
    }
    case GST_MESSAGE_EOS:
      std::printf("The recording has ended\n");
      quit(0);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
      break;
    case GST_MESSAGE_ELEMENT:
      if (const auto *event = gst_message_get_structure(message)) session_event(event);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

void Player::session_event(const GstStructure *event) {
  guint viewers = 0;
  gst_structure_get_uint(event, "viewers", &viewers);
  if (gst_structure_has_name(event, "rtc-ready")) {
    const std::string page = text_field(event, "url");
    if (!page.empty() && page != page_) std::printf("Watch at %s\n", page.c_str());
    page_ = page;
  } else if (gst_structure_has_name(event, "rtc-viewer-added")) {
    std::printf("Viewer joined (%u watching)\n", viewers);
  } else if (gst_structure_has_name(event, "rtc-viewer-removed")) {
    const char *reason = text_field(event, "reason");
    std::printf("Viewer left%s%s (%u watching)\n", *reason ? ": " : "", reason, viewers);
  } else if (gst_structure_has_name(event, "rtc-signaling-lost")) {
    if (!std::exchange(signaling_lost_, true))
      std::printf("The connection to the server is lost; trying again, viewers keep watching\n");
  } else if (gst_structure_has_name(event, "rtc-signaling-ready")) {
    if (std::exchange(signaling_lost_, false)) std::printf("The server is back\n");
  }
}

}  // namespace rtc
