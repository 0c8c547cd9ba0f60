#include "session/publisher.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
constexpr auto watch_period = milliseconds(500);
constexpr auto rate_period = milliseconds(50);
// Renditions may become fewer, too, where nothing is controlled.
constexpr auto uncontrolled_period = milliseconds(500);

const char *why_gone(bool lost) {
  return lost ? "its signaling was lost before it was connected" : "left";
}

}  // namespace

Publisher::Publisher(EventLoop &loop, PublisherSettings settings, Events &events,
                     std::shared_ptr<Reaper> reaper)
    : loop_(loop), settings_(std::move(settings)), events_(events), reaper_(std::move(reaper)) {}

Publisher::~Publisher() {
  finish();
  if (connection_) connection_->signaler().stop();
}

Result<bool> Publisher::start(Viewer::Inputs inputs, Viewer::Feeds feeds) {
  inputs_ = std::move(inputs);
  feeds_ = std::move(feeds);
  auto opened = Connection::open(loop_, settings_.connection);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  connection_->ice()->on_trouble(
      [this](const Error &error) { events_.publisher_warns("", error); });
  Presence presence;
  presence.publishes = true;
  presence.watches = presence.takes_calls = bool(settings_.receive);
  presence.name = settings_.stream;
  presence.name_is_fixed = settings_.stream_is_fixed;
  connection_->signaler().start(*this, presence);
  watchdog_ = loop_.every(watch_period, [this] { watch(); });
  rate_timer_ = loop_.every(settings_.control_rate ? rate_period : uncontrolled_period,
                            [this] { adapt_rates(); });
  return true;
}

void Publisher::play(const Ref<GstClock> &clock, GstClockTime base_time) {
  clock_ = clock;
  base_time_ = base_time;
  inputs_changed();
}

bool Publisher::can_serve(const Showing *showing) const {
  if (showing) return clock_ && showing->ready();
  return clock_ &&
         (!inputs_.empty() || !feeds_.empty() || settings_.receive || settings_.accept_data) &&
         std::all_of(inputs_.begin(), inputs_.end(),
                     [](const auto &input) { return input->ready(); });
}

void Publisher::inputs_changed() {
  for (const auto &input : std::exchange(unoffered_, {})) offer(input);
  for (auto &[session, request] : std::exchange(waiting_, {})) admit(session, std::move(request));
}

void Publisher::add_input(const std::shared_ptr<Input> &input) {
  inputs_.push_back(input);
  offer(input);
}

void Publisher::offer(const std::shared_ptr<Input> &input) {
  if (!input->ready()) return unoffered_.push_back(input);
  for (const auto &[session, seat] : viewers_) {
    seat.viewer->add_input(input);
    if (seat.replacement) seat.replacement->add_input(input);
  }
}

void Publisher::remove_input(const std::shared_ptr<Input> &input) {
  std::erase(inputs_, input);
  std::erase(unoffered_, input);
  told_of_passing_.erase(input->pad());
  for (auto &[session, seat] : viewers_) {
    seat.controls.erase(input->pad());
    seat.viewer->remove_input(input);
    if (seat.replacement) seat.replacement->remove_input(input);
  }
  inputs_changed();  // those that wait may have waited for this one
}

void Publisher::add_feed(const std::shared_ptr<DataFeed> &feed) {
  feeds_.push_back(feed);
  for (const auto &[session, seat] : viewers_) {
    seat.viewer->add_feed(feed);
    if (seat.replacement) seat.replacement->add_feed(feed);
  }
  inputs_changed();
}

void Publisher::remove_feed(const std::shared_ptr<DataFeed> &feed) {
  std::erase(feeds_, feed);
  for (const auto &[session, seat] : viewers_) {
    seat.viewer->remove_feed(feed);
    if (seat.replacement) seat.replacement->remove_feed(feed);
  }
}

void Publisher::encoding_failed(const std::shared_ptr<Input> &input, const Input::Choice &choice,
                                const Error &error) {
  input->forget(choice);
  std::vector<std::shared_ptr<Viewer>> affected;
  for (const auto &[session, seat] : viewers_)
    for (const auto &viewer : {seat.viewer, seat.replacement}) {
      if (!viewer) continue;
      for (const auto &track : viewer->tracks())
        if (input_of(seat, track) == input && track.codec == choice.codec &&
            track.rendition == choice.rendition)
          affected.push_back(viewer);
    }
  if (affected.empty()) events_.publisher_warns("", error);
  for (const auto &viewer : affected) viewer_failed(*viewer, error);
}

void Publisher::ready(const IceServers &servers, const std::string &name) {
  connection_->ice()->set_servers(servers);
  name_ = name;
  connection_->ready();
  events_.publisher_ready(connection_->page_url(), name);
}

void Publisher::ice_servers_changed(const IceServers &servers) {
  connection_->ice()->set_servers(servers);
}

void Publisher::session_requested(const SessionId &session, const PeerId &peer,
                                  SessionRequest request) {
  if (finished_) return turn_away(session, "the stream has ended");
  if (settings_.max_viewers && viewers_.size() + waiting_.size() >= settings_.max_viewers)
    return turn_away(session,
                     format("the stream has its limit of %u viewers", settings_.max_viewers));
  if (!events_.accept_viewer(session, peer))
    return turn_away(session, "the publisher does not accept this viewer");
  auto showing = find_showing(session, peer);
  if (!showing) return turn_away(session, showing.error().message);
  admit(session, {peer, std::move(request.offer), {}, std::move(*showing), request.takes_parity});
}

void Publisher::admit(const SessionId &session, Request request) {
  if (can_serve(request.showing.get()))
    serve(session, std::move(request));
  else
    waiting_[session] = std::move(request);
}

void Publisher::turn_away(const SessionId &session, const std::string &reason) {
  RTC_INFO("viewer %s turned away: %s", session.c_str(), reason.c_str());
  connection_->signaler().send(session, Bye{reason});
}

Result<std::shared_ptr<Viewer>> Publisher::make_viewer(const SessionId &session, const PeerId &peer,
                                                       Glare glare, const Viewer::Inputs &inputs) {
  Session::Settings settings;
  settings.id = session;
  settings.ice = connection_->ice();
  settings.trickle = connection_->signaler().traits().trickle;
  settings.clock = clock_;
  settings.base_time = base_time_;
  settings.stream_id = name_.empty() ? settings_.stream : name_;
  if (settings_.receive) {
    settings.glare = glare;
    settings.latency = settings_.receive->latency;
    settings.max_video_bitrate = settings_.receive->max_bitrate;
  }
  auto viewer = Viewer::create(loop_, reaper_, std::move(settings), peer, *this);
  if (viewer && settings_.viewers_control) (*viewer)->allow_control();
  const bool has_video = std::any_of(inputs.begin(), inputs.end(), [](const auto &input) {
    return input->kind() == MediaKind::video;
  });
  if (viewer && settings_.control_rate && has_video)
    (*viewer)->control_rate(nominal_rate(inputs), can_adapt(inputs));
  if (viewer && settings_.protection != Protection::none) (*viewer)->protect(settings_.protection);
  if (viewer && settings_.receive) (*viewer)->receive(*settings_.receive);
  if (viewer && settings_.accept_data) (*viewer)->accept_data();
  if (viewer) viewer_made(**viewer);
  return viewer;
}

std::shared_ptr<Viewer> Publisher::seat(const SessionId &session, const PeerId &peer, Glare glare,
                                        const std::shared_ptr<Showing> &showing) {
  auto made = make_viewer(session, peer, glare, inputs_of(showing.get()));
  if (!made) {
    turn_away(session, made.error().message);
    // Without an element nobody can be served; a network may come back.
    if (made.error().kind == Error::Kind::missing_element)
      events_.publisher_failed(made.error());
    else
      events_.publisher_warns(session, made.error());
    return nullptr;
  }
  for (const auto &[other, seat] : viewers_)
    if (seat.viewer->peer() == peer)
      for (const auto &feed : feeds_) feed->await(other, session);
  auto &seat = viewers_[session];
  seat.viewer = *made;
  seat.showing = showing;
  events_.viewer_added(session, peer, (*made)->session().webrtcbin(), viewers_.size());
  return *made;
}

void Publisher::serve(const SessionId &session, Request request) {
  const auto &showing = request.showing;
  const auto viewer = seat(session, request.peer, Glare::insist, showing);
  // The application may have sent the viewer away.
  if (!viewer || !viewers_.count(session)) return;
  viewers_[session].takes_parity = request.takes_parity;
  if (request.takes_parity) viewer->offer_parity();
  viewer->start(inputs_of(showing.get()), feeds_, request.offer);
  for (const auto &message : request.early)
    if (viewers_.count(session)) viewer->received(message);
}

void Publisher::received(const SessionId &session, Message message) {
  const auto found = viewers_.find(session);
  if (const auto *bye = std::get_if<Bye>(&message)) {
    waiting_.erase(session);
    if (found != viewers_.end() && bye->lost && found->second.viewer->was_connected()) {
      found->second.orphaned = true;
      return;
    }
    return remove(session, bye->reason.empty() ? why_gone(bye->lost) : bye->reason, false);
  }
  if (found != viewers_.end()) {
    const auto &seat = found->second;
    const auto viewer = seat.replacement ? seat.replacement : seat.viewer;
    // An answer to a replacement that was given up in the meantime.
    const auto *description = std::get_if<Description>(&message);
    if (description && description->type == Description::Type::answer && seat.broken_since &&
        !viewer->awaits_answer())
      return;
    viewer->received(message);
  } else if (const auto request = waiting_.find(session);
             request != waiting_.end() && request->second.early.size() < 256) {
    request->second.early.push_back(std::move(message));
  }
}

void Publisher::peer_left(const PeerId &peer, bool lost) {
  std::erase_if(waiting_, [&](const auto &entry) { return entry.second.peer == peer; });
  std::vector<SessionId> gone;
  for (auto &[session, seat] : viewers_) {
    if (seat.viewer->peer() != peer) continue;
    // Without a connection there is no media that could go on.
    if (lost && seat.viewer->was_connected())
      seat.orphaned = true;
    else
      gone.push_back(session);
  }
  for (const auto &session : gone) remove(session, why_gone(lost), false);
}

void Publisher::lost(const Error &error) {
  // Media goes on; only requests that were not served yet are void.
  waiting_.clear();
  for (auto &[session, seat] : viewers_) seat.orphaned = true;
  connection_->lost();
  events_.publisher_lost(error);
}

void Publisher::failed(const Error &error) { events_.publisher_failed(error); }

void Publisher::refused(const Error &error) { RTC_WARNING("%s", error.message.c_str()); }

void Publisher::viewer_sends(Viewer &viewer, const Message &message) {
  connection_->signaler().send(viewer.id(), message);
}

void Publisher::viewer_path_changed(Viewer &viewer, const SelectedPair &path) {
  events_.viewer_path_changed(viewer.id(), viewer.peer(), path);
}

void Publisher::viewer_refused_track(Viewer &viewer, const Error &error) {
  events_.publisher_warns(viewer.id(), error);
}

bool Publisher::viewer_channel(Viewer &viewer, const std::shared_ptr<DataChannel> &channel) {
  return events_.viewer_channel(viewer.id(), viewer.peer(), channel);
}

void Publisher::retire(const std::shared_ptr<Viewer> &viewer) {
  viewer->close();
  // The caller may be a method of this viewer's session.
  loop_.post([viewer] {});
}

void Publisher::remove(const SessionId &session, const std::string &reason, bool tell_peer) {
  const auto found = viewers_.find(session);
  if (found == viewers_.end()) return;
  const auto seat = found->second;
  viewers_.erase(found);
  if (tell_peer) connection_->signaler().send(session, Bye{reason});
  if (seat.replacement) retire(seat.replacement);
  retire(seat.viewer);
  for (const auto &feed : feeds_) feed->forget(session);
  removed(session, seat.viewer->peer(), reason);
}

void Publisher::removed(const SessionId &session, const PeerId &peer, const std::string &reason) {
  events_.viewer_removed(session, peer, reason, viewers_.size());
}

void Publisher::tell_viewers(const std::string &text, const Showing *showing) {
  for (const auto &[session, seat] : viewers_) {
    if (seat.showing.get() != showing) continue;
    for (const auto &viewer : {seat.viewer, seat.replacement})
      if (viewer) viewer->tell(text);
  }
}

bool Publisher::disconnect_viewer(const std::string &session, const std::string &reason) {
  if (!viewers_.count(session)) return false;
  remove(session, reason, true);
  return true;
}

void Publisher::finish() {
  if (std::exchange(finished_, true)) return;
  waiting_.clear();
  while (!viewers_.empty()) remove(SessionId(viewers_.begin()->first), "", true);
}

}  // namespace rtc
