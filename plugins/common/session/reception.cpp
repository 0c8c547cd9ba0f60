#include "session/reception.hpp"

#include "media/held_pad.hpp"

namespace rtc {

Result<std::shared_ptr<Reception>> Reception::create(EventLoop &loop,
                                                     std::shared_ptr<Reaper> reaper,
                                                     Session::Settings settings,
                                                     const ReceptionSettings &wanted,
                                                     std::weak_ptr<Listener> listener) {
  auto reception = std::shared_ptr<Reception>(new Reception(loop, wanted, std::move(listener)));
  settings.latency = wanted.latency;
  settings.max_video_bitrate = wanted.max_bitrate;
  auto session = Session::create(loop, std::move(reaper), std::move(settings), reception);
  if (!session) return session.error();
  reception->session_ = *session;
  reception->channels_ = reception->make_session_channels();
  return reception;
}

Reception::Reception(EventLoop &loop, const ReceptionSettings &wanted,
                     std::weak_ptr<Listener> listener)
    : loop_(loop), listener_(std::move(listener)), tracks_(wanted) {}

void Reception::received(const Message &message) {
  if (const auto *description = std::get_if<Description>(&message))
    origin_ = origin_id(description->sdp);
  session_->received(message);
}

bool Reception::is_replaced_by(const Description &offer) const {
  return offer.type == Description::Type::offer && !origin_.empty() &&
         origin_id(offer.sdp) != origin_;
}

PathHealth Reception::health(bool orphaned) const {
  const auto silence =
      std::chrono::duration_cast<milliseconds>(Clock::now() - session_->last_received());
  return {session_->state() == Session::State::failed, orphaned,
          tracks_.list().empty() ? data_silence(silence) : silence};
}

void Reception::session_sends(Session &, const Message &message) {
  if (const auto listener = listener_.lock()) listener->reception_sends(*this, message);
}

void Reception::session_changed(Session &, Session::State state) {
  if (state == Session::State::connected) {
    was_connected_ = true;
    channels_->connected();
  }
  if (const auto listener = listener_.lock()) listener->reception_changed(*this, state);
}

void Reception::session_failed(Session &, const Error &error) {
  if (const auto listener = listener_.lock()) listener->reception_failed(*this, error);
}

void Reception::session_path_changed(Session &, const SelectedPair &pair) {
  if (const auto listener = listener_.lock()) listener->reception_path_changed(*this, pair);
}

Result<bool> Reception::session_described(Session &, Description &description) {
  const auto sdp = parse_sdp(description.sdp);
  if (!sdp) return sdp.error();
  tracks_.forget_refusals();
  announced_.clear();
  has_data_ = false;
  for (size_t i = 0; i < sdp->media.size(); i++) {
    const auto &media = sdp->media[i];
    if (media.kind == "application" && !media.rejected()) {
      has_data_ = true;
      announced_ = announced_channels(media);
    }
    const bool sends =
        media.kind != "application" && !media.rejected() && media.direction().starts_with("send");
    if (!sends)
      tracks_.remove(i);
    else if (!tracks_.find(i))
      if (const auto accepted = tracks_.accept(session_->webrtcbin(), i, media); !accepted)
        return accepted.error();
  }
  if (tracks_.list().empty() && !has_data_) return tracks_.nothing_accepted();
  if (const auto listener = listener_.lock()) listener->reception_tracks_changed(*this);
  if (has_data_) channels_->make_negotiated();
  // Another channel of ours can be made when the description is in place.
  loop_.post(if_alive(weak_from_this(), [](Reception &self) {
    self.channels_->described(self.has_data_, self.announced_);
  }));
  return true;
}

void Reception::session_pad_added(Session &, const Ref<GstPad> &pad) {
  const auto listener = listener_.lock();
  if (const auto *track = tracks_.track_of(pad.get()); track && listener)
    return listener->reception_media(*this, *track, pad);
  discard(pad.get());
}

void Reception::session_channel_added(Session &, const std::shared_ptr<DataChannel> &channel) {
  channels_->added(channel);
}

std::shared_ptr<SessionChannels> Reception::make_session_channels() {
  SessionChannels::Hooks hooks;
  hooks.unread = [weak = weak_from_this()](const std::shared_ptr<DataChannel> &channel) {
    const auto self = weak.lock();
    const auto listener = self ? self->listener_.lock() : nullptr;
    return listener && listener->reception_channel(*self, channel);
  };
  hooks.refused = [weak = weak_from_this()](const Error &error) {
    const auto self = weak.lock();
    const auto listener = self ? self->listener_.lock() : nullptr;
    if (listener) listener->reception_refuses(*self, error);
  };
  return SessionChannels::create(loop_, session_, publisher_key, std::move(hooks));
}

}  // namespace rtc
