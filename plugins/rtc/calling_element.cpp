#include "calling_element.hpp"

#include "base/text.hpp"
#include "element_error.hpp"
#include "path_message.hpp"

namespace rtc {

CallingElement::~CallingElement() { stop(); }

std::unique_ptr<Publisher> CallingElement::make_publisher(const PublisherSettings &settings) {
  const auto call = call_settings.copy();
  PhoneSettings phone;
  static_cast<PublisherSettings &>(phone) = settings;
  phone.receive = ReceptionSettings{{}, {}, call.latency, call.max_bitrate};
  phone.accept_data = true;
  phone.peer = call.peer;
  phone.takes_calls_unasked = call.auto_answer;
  phone.patience = milliseconds(call.call_timeout);
  auto made = std::make_unique<Phone>(*loop_, phone, *this, *this, reaper_);
  made->mute(MediaKind::audio, call.mute_audio);
  made->mute(MediaKind::video, call.mute_video);
  return made;
}

Result<bool> CallingElement::prepare(SinkPad &pad) {
  pad.need_no_preroll();
  if (pad.input()->kind() == MediaKind::video) return true;
  if (!call_settings.copy().cancel_echo) {
    if (pad.canceller()) pad.put_before(nullptr);
    return true;
  }
  const auto canceller = EchoCanceller::create(format("%s_echo", GST_PAD_NAME(pad.ghost())));
  if (!canceller) return canceller.error();
  pad.put_before(*canceller);
  {
    std::lock_guard lock(cancellers_mutex_);
    std::erase_if(cancellers_, [](const auto &weak) { return weak.expired(); });
    cancellers_.push_back(*canceller);
  }
  if (GST_STATE(element_) == GST_STATE_PLAYING) follow(**canceller);
  return true;
}

void CallingElement::follow(EchoCanceller &canceller) {
  if (const auto clock = adopt(gst_element_get_clock(element_)))
    canceller.play(clock.get(), gst_element_get_base_time(element_));
}

// Pads may go while streaming threads look for them.
std::vector<std::shared_ptr<EchoCanceller>> CallingElement::cancellers() const {
  std::vector<std::shared_ptr<EchoCanceller>> result;
  std::lock_guard lock(cancellers_mutex_);
  for (const auto &weak : cancellers_)
    if (auto canceller = weak.lock()) result.push_back(std::move(canceller));
  return result;
}

void CallingElement::played(GstBuffer *buffer, GstCaps *caps) {
  bool of_use = true;
  for (const auto &canceller : cancellers()) of_use &= canceller->played(buffer, caps);
  if (!of_use && !told_encoded_.exchange(true))
    post_warning(element_,
                 {Error::Kind::settings,
                  "Echoes are not cancelled: what audio_src_0 is linked to takes encoded sound "
                  "only. Link it to something that takes audio/x-raw.",
                  "echo-cancellation"});
}

void CallingElement::play() {
  PublishingElement::play();
  for (const auto &pad : pads())
    if (pad->canceller()) follow(*pad->canceller());
}

void CallingElement::stop() {
  if (!loop_) return;
  source_pads_.deactivate();
  loop_->call([this] { source_pads_.stop(); });
  PublishingElement::stop();
  source_pads_.remove();
  for (const auto &pad : pads())
    if (pad->canceller()) pad->canceller()->stop();
}

bool CallingElement::ask_phone(const std::function<Result<bool>(Phone &)> &what) {
  return ask_publisher([&](Publisher &publisher) { return what(static_cast<Phone &>(publisher)); });
}

void CallingElement::end() {
  if (loop_)
    loop_->post([this] {
      (void)ask_phone([](Phone &phone) {
        phone.finish();
        return true;
      });
      source_pads_.detach(true);
      end_data();
    });
}

bool CallingElement::call(const char *peer) {
  return peer && ask_phone([&](Phone &phone) { return phone.call(peer); });
}

bool CallingElement::accept(const char *session) {
  return session && ask_phone([&](Phone &phone) { return phone.accept(session); });
}

bool CallingElement::reject(const char *session, const char *reason) {
  return session && ask_phone([&](Phone &phone) {
           return phone.reject(session, reason && *reason ? reason : "the call was rejected");
         });
}

bool CallingElement::hang_up(const char *reason) {
  return ask_phone([&](Phone &phone) -> Result<bool> {
    if (phone.hang_up(reason ? reason : "")) return true;
    return Error{Error::Kind::not_found, "There is no call to hang up.", "no call"};
  });
}

bool CallingElement::hold(bool held) {
  return ask_phone([&](Phone &phone) {
    phone.hold(held);
    return true;
  });
}

void CallingElement::mute(MediaKind kind, bool muted) {
  call_settings.set(
      kind == MediaKind::audio ? &CallSettings::mute_audio : &CallSettings::mute_video, muted);
  if (!is_running()) return;
  (void)ask_phone([&](Phone &phone) {
    phone.mute(kind, muted);
    return true;
  });
}

void CallingElement::viewer_added(const std::string &session, const std::string &peer,
                                  GstElement *webrtcbin, size_t) {
  count_session(peer);
  g_signal_emit_by_name(element_, "session-started", session.c_str(), peer.c_str(), webrtcbin);
}

void CallingElement::viewer_healing(const std::string &session, const std::string &,
                                    const std::string &reason, GstElement *) {
  post(healing_message(session, reason));
}

void CallingElement::post_call(const char *message, const std::string &session,
                               const std::string &name, const std::string &reason) {
  auto *structure = gst_structure_new(message, "session", G_TYPE_STRING, session.c_str(), "peer",
                                      G_TYPE_STRING, name.c_str(), nullptr);
  if (!reason.empty())
    gst_structure_set(structure, "reason", G_TYPE_STRING, reason.c_str(), nullptr);
  post(structure);
}

void CallingElement::call_comes(const std::string &session, const std::string &name) {
  post_call("rtc-call-incoming", session, name, "");
  g_signal_emit_by_name(element_, "incoming-call", session.c_str(), name.c_str());
}

void CallingElement::call_missed(const std::string &session, const std::string &name,
                                 const std::string &reason) {
  post_call("rtc-call-missed", session, name, reason);
}

// With a launch line nothing else can come; an application may call again.
void CallingElement::call_failed(const Error &error) {
  call_settings.copy().wait_for_next ? post_warning(element_, error) : post_error(element_, error);
}

void CallingElement::call_started(const std::string &session, const std::string &name) {
  post_call("rtc-call-started", session, name, "");
}

void CallingElement::call_ended(const std::string &session, const std::string &name,
                                const std::string &reason) {
  const bool final = !call_settings.copy().wait_for_next;
  source_pads_.detach(final);
  post_call("rtc-call-ended", session, name, reason);
  if (!final) return;
  end_inputs();
  end();
}

void CallingElement::call_tracks(const std::vector<ReceivedTrack> &tracks) {
  const auto settings = call_settings.copy();
  SourcePad::Hooks hooks;
  hooks.post = [this](std::function<void()> task) { loop_->post(std::move(task)); };
  hooks.dispose = [reaper = reaper_](std::function<void()> task) { reaper->reap(std::move(task)); };
  for (const auto &track : tracks) {
    auto own = hooks;
    if (settings.cancel_echo && track.kind == MediaKind::audio && track.index == 0) {
      own.played = [this](GstBuffer *buffer, GstCaps *caps) { played(buffer, caps); };
      own.latency = [this](GstClockTime latency) {
        for (const auto &canceller : cancellers()) canceller->set_latency(latency);
      };
    }
    source_pads_.add({track}, milliseconds(settings.latency), own);
  }
}

void CallingElement::call_media(const ReceivedTrack &track, GstElement *pipeline,
                                const Ref<GstPad> &pad, GstClockTime base_time) {
  source_pads_.attach(track, pipeline, pad, base_time);
}

}  // namespace rtc
