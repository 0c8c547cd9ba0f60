#include "private_playback.hpp"

#include <glib/gstdio.h>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

Error missing(const char *element) {
  return {Error::Kind::missing_element,
          format("The GStreamer element %s is not installed; it is part of "
                 "gstreamer1.0-plugins-base.",
                 element),
          element};
}

Error unreadable(const std::string &uri, const char *why) {
  return {Error::Kind::not_found,
          format("playback-uri: \"%s\" cannot be read: %s. Check the path and its permissions.",
                 redact(uri).c_str(), why),
          "playback-uri"};
}

}  // namespace

Result<bool> PrivatePlayback::check(const std::string &uri) {
  if (!gst_uri_is_valid(uri.c_str()))
    return Error{Error::Kind::settings,
                 format("playback-uri: \"%s\" is no uri; write file:///path/film.webm.",
                        redact(uri).c_str()),
                 "playback-uri"};
  const CharPtr protocol(gst_uri_get_protocol(uri.c_str()));
  if (!gst_uri_protocol_is_supported(GST_URI_SRC, protocol.get()))
    return Error{Error::Kind::missing_element,
                 format("playback-uri: no GStreamer element that is installed reads \"%s:\".",
                        protocol.get()),
                 "playback-uri"};
  if (std::string_view(protocol.get()) != "file") return true;
  const CharPtr path(g_filename_from_uri(uri.c_str(), nullptr, nullptr));
  if (!path) return unreadable(uri, "it names no file of this machine");
  if (g_file_test(path.get(), G_FILE_TEST_IS_DIR)) return unreadable(uri, "it is a folder");
  if (g_access(path.get(), R_OK) != 0) return unreadable(uri, g_strerror(errno));
  return true;
}

PrivatePlayback::PrivatePlayback(EventLoop &loop, std::shared_ptr<WorkerPool> pool,
                                 std::shared_ptr<Reaper> reaper, Settings settings, Hooks hooks)
    : loop_(loop),
      pool_(std::move(pool)),
      reaper_(std::move(reaper)),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)) {}

// The last one to let go of it does so on the event loop, where what it sends ends; to stop the
// pipeline takes longer.
Result<std::shared_ptr<PrivatePlayback>> PrivatePlayback::make(EventLoop &loop,
                                                               std::shared_ptr<WorkerPool> pool,
                                                               std::shared_ptr<Reaper> reaper,
                                                               Settings settings, Hooks hooks) {
  const auto count = settings.count;
  ++*count;
  const std::shared_ptr<PrivatePlayback> made(
      new PrivatePlayback(loop, std::move(pool), reaper, std::move(settings), std::move(hooks)),
      [reaper, count](PrivatePlayback *playback) {
        playback->closing_ = true;
        for (const auto &input : playback->inputs_) input->rewind();
        reaper->reap([playback, count] {
          delete playback;
          --*count;
        });
      });
  if (const auto built = made->build(); !built) return built.error();
  return made;
}

PrivatePlayback::~PrivatePlayback() {
  closing_ = true;
  playback_->stop();
  // After the changes of its state that are under way; those that follow find it closing.
  playback_->call([this] { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); });
  playback_.reset();
  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
}

Result<bool> PrivatePlayback::build() {
  pipeline_ = sink(gst_pipeline_new(nullptr));
  playback_ = std::make_unique<Playback>(pipeline_.get(), playback_hooks());
  playback_->start(true);
  for (const auto *name : {"uridecodebin", "videoconvert", "audioconvert"})
    if (!adopt(gst_element_factory_find(name))) return missing(name);
  auto *decoder = gst_element_factory_make("uridecodebin", nullptr);
  const auto caps = adopt(gst_caps_from_string("video/x-raw; audio/x-raw"));
  g_object_set(decoder, "uri", settings_.uri.c_str(), "caps", caps.get(), "expose-all-streams",
               FALSE, nullptr);
  tracks_ = gst_bin_new("tracks");
  gst_bin_add_many(GST_BIN(pipeline_.get()), decoder, tracks_, nullptr);
  for (const auto kind : {MediaKind::video, MediaKind::audio}) {
    const auto pad = std::string(to_string(kind)) + "_0";
    inputs_.push_back(std::make_shared<Input>(loop_, kind, pad, input_hooks(kind), pool_, reaper_));
    inputs_.back()->configure(settings_.encoding);
    possible_[kind] = inputs_.back();
  }
  g_signal_connect(
      decoder, "pad-added",
      G_CALLBACK(+[](GstElement *, GstPad *pad, PrivatePlayback *self) { self->add_track(pad); }),
      this);
  g_signal_connect(
      decoder, "no-more-pads",
      G_CALLBACK(+[](GstElement *, PrivatePlayback *self) { self->tracks_complete(); }), this);
  const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
  const GstBusSyncHandler hear = [](GstBus *, GstMessage *message, gpointer self) {
    static_cast<PrivatePlayback *>(self)->heard(message);
    // Nobody reads this bus: a queued message would keep its sender alive.
    gst_message_unref(message);
    return GST_BUS_DROP;
  };
  gst_bus_set_sync_handler(bus.get(), hear, this, nullptr);
  return true;
}

Playback::Hooks PrivatePlayback::playback_hooks() {
  Playback::Hooks hooks;
  hooks.pads = [this] { return pads(); };
  hooks.viewers = [] { return 1; };
  hooks.next = hooks_.next;
  hooks.set_state = [this](GstState state) { set_state(state); };
  hooks.tell = [this](const PlaybackState &state) {
    post([text = write(state)](PrivatePlayback &self) { self.hooks_.tell(self, text); });
  };
  hooks.failed = [this](const Error &error) { fail(error); };
  return hooks;
}

Input::Hooks PrivatePlayback::input_hooks(MediaKind kind) {
  Input::Hooks hooks;
  hooks.encoder_setup = hooks_.encoder_setup;
  hooks.keyframe_upstream = [] {};  // what comes in is raw
  // Encoders may outlive this.
  const auto weak = weak_from_this();
  hooks.caps_known = [weak, &loop = loop_] {
    loop.post(if_alive(weak, [](PrivatePlayback &self) { self.hooks_.ready(); }));
  };
  hooks.failed = [weak, &loop = loop_, kind](const Codec &codec, size_t rendition,
                                             const Error &error) {
    loop.post(if_alive(
        weak, [kind, choice = Input::Choice{&codec, rendition}, error](PrivatePlayback &self) {
          for (const auto &input : self.inputs_)
            if (input->kind() == kind) self.hooks_.encoding_failed(input, choice, error);
        }));
  };
  hooks.warned = hooks_.warned;
  return hooks;
}

Playback::Pads PrivatePlayback::pads() const {
  std::lock_guard lock(mutex_);
  return pads_;
}

void PrivatePlayback::start() {
  playback_->run([this] { set_state(GST_STATE_PAUSED); });
}

bool PrivatePlayback::ready() const {
  return complete_ && std::all_of(inputs_.begin(), inputs_.end(),
                                  [](const auto &input) { return input->ready(); });
}

void PrivatePlayback::begin(const Ref<GstClock> &clock, GstClockTime base_time) {
  if (std::exchange(begun_, true)) return;
  playback_->run([this, clock, base_time] {
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock.get());
    for (const auto &pad : pads()) pad->set_epoch(base_time);
    set_state(GST_STATE_PLAYING);
  });
}

void PrivatePlayback::set_state(GstState state) {
  if (closing_) return;
  const auto done = gst_element_set_state(pipeline_.get(), state);
  if (done == GST_STATE_CHANGE_NO_PREROLL)
    fail({Error::Kind::settings,
          "The publisher's playback-uri is live, which nobody can watch from its beginning.",
          "playback-uri"});
  playback_->changed();
}

void PrivatePlayback::at_end() {
  // A seek may have come in between.
  if (closing_ || !playback_->ended()) return;
  if (playback_->loops()) return playback_->begin_again();
  set_state(GST_STATE_PAUSED);
}

// `this` stays until no streaming thread is left, also when nobody holds it any more.
void PrivatePlayback::post(std::function<void(PrivatePlayback &)> task) {
  if (!closing_) loop_.post(if_alive(weak_from_this(), std::move(task)));
}

void PrivatePlayback::fail(const Error &error, const std::string &reason) {
  post([error, reason = reason.empty() ? error.message : reason](PrivatePlayback &self) {
    self.hooks_.failed(self, error, reason);
  });
}

}  // namespace rtc
