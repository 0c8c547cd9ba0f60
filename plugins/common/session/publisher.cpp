#include "session/publisher.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "stats/stats.hpp"

namespace rtc {

namespace {
constexpr auto watch_period = seconds(1);
constexpr auto connect_deadline = seconds(30);
// A viewer's receiver reports come every second or so; silence this long means it is gone.
constexpr auto silence_limit = seconds(10);
}  // namespace

Publisher::Publisher(EventLoop &loop, PublisherSettings settings, Events &events,
                     std::shared_ptr<Reaper> reaper)
    : loop_(loop), settings_(std::move(settings)), events_(events), reaper_(std::move(reaper)) {}

Publisher::~Publisher() {
  finish();
  if (connection_) connection_->signaler().stop();
}

Result<bool> Publisher::start(std::vector<std::shared_ptr<Input>> inputs) {
  inputs_ = std::move(inputs);
  auto opened = Connection::open(loop_, settings_.connection);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  Presence presence;
  presence.publishes = true;
  presence.name = settings_.stream;
  presence.name_is_fixed = settings_.stream_is_fixed;
  connection_->signaler().start(*this, presence);
  watchdog_ = loop_.every(watch_period, [this] { watch(); });
  return true;
}

void Publisher::play(const Ref<GstClock> &clock, GstClockTime base_time) {
  clock_ = clock;
  base_time_ = base_time;
  inputs_changed();
}

bool Publisher::can_serve() const {
  return clock_ && !inputs_.empty() &&
         std::all_of(inputs_.begin(), inputs_.end(),
                     [](const auto &input) { return input->ready(); });
}

void Publisher::inputs_changed() {
  if (!can_serve()) return;
  for (auto &[session, request] : std::exchange(waiting_, {})) serve(session, std::move(request));
}

void Publisher::add_input(const std::shared_ptr<Input> &input) {
  inputs_.push_back(input);
  for (const auto &[session, viewer] : viewers_) viewer->add_input(input);
}

void Publisher::remove_input(const std::shared_ptr<Input> &input) {
  std::erase(inputs_, input);
  for (const auto &[session, viewer] : viewers_) viewer->remove_input(input);
}

void Publisher::encoding_failed(const std::string &pad, const Codec &codec, const Error &error) {
  for (const auto &input : inputs_)
    if (input->pad() == pad) input->forget(codec);
  std::vector<SessionId> affected;
  for (const auto &[session, viewer] : viewers_)
    for (const auto &track : viewer->tracks())
      if (track.pad == pad && track.codec == codec.name) affected.push_back(session);
  if (affected.empty()) events_.publisher_warns("", error);
  for (const auto &session : affected) viewer_failed(session, error);
}

void Publisher::ready(const IceServers &servers, const std::string &name) {
  ice_servers_ = servers;
  name_ = name;
  connection_->ready();
  events_.publisher_ready(connection_->page_url(), name);
}

void Publisher::session_requested(const SessionId &session, const PeerId &peer,
                                  std::optional<Description> offer) {
  if (finished_) return turn_away(session, "the stream has ended");
  if (settings_.max_viewers && viewers_.size() + waiting_.size() >= settings_.max_viewers)
    return turn_away(session,
                     format("the stream has its limit of %u viewers", settings_.max_viewers));
  if (!events_.accept_viewer(session, peer))
    return turn_away(session, "the publisher does not accept this viewer");
  Request request{peer, std::move(offer), {}};
  if (can_serve())
    serve(session, std::move(request));
  else
    waiting_[session] = std::move(request);
}

void Publisher::turn_away(const SessionId &session, const std::string &reason) {
  RTC_INFO("viewer %s turned away: %s", session.c_str(), reason.c_str());
  connection_->signaler().send(session, Bye{reason});
}

void Publisher::serve(const SessionId &session, Request request) {
  Session::Settings settings;
  settings.id = session;
  settings.ice.servers = ice_servers_;
  settings.clock = clock_;
  settings.base_time = base_time_;
  settings.stream_id = name_.empty() ? settings_.stream : name_;
  auto made = Viewer::create(loop_, reaper_, std::move(settings), request.peer, *this);
  if (!made) {
    turn_away(session, made.error().message);
    return events_.publisher_failed(made.error());
  }
  const auto viewer = *made;
  viewers_[session] = viewer;
  events_.viewer_added(session, request.peer, viewer->session().webrtcbin(), viewers_.size());
  viewer->start(inputs_, request.offer);
  for (const auto &message : request.early)
    if (viewers_.count(session)) viewer->received(message);
}

void Publisher::received(const SessionId &session, Message message) {
  if (const auto *bye = std::get_if<Bye>(&message)) {
    waiting_.erase(session);
    return remove(session, bye->reason.empty() ? "left" : bye->reason, false);
  }
  if (const auto found = viewers_.find(session); found != viewers_.end()) {
    const auto viewer = found->second;
    viewer->received(message);
  } else if (const auto request = waiting_.find(session);
             request != waiting_.end() && request->second.early.size() < 256) {
    request->second.early.push_back(std::move(message));
  }
}

void Publisher::peer_left(const PeerId &peer) {
  std::erase_if(waiting_, [&](const auto &entry) { return entry.second.peer == peer; });
  std::vector<SessionId> gone;
  for (const auto &[session, viewer] : viewers_)
    if (viewer->peer() == peer) gone.push_back(session);
  for (const auto &session : gone) remove(session, "left", false);
}

void Publisher::lost(const Error &error) {
  // Media goes on; only requests that were not served yet are void.
  waiting_.clear();
  connection_->lost();
  events_.publisher_lost(error);
}

void Publisher::failed(const Error &error) { events_.publisher_failed(error); }

void Publisher::refused(const Error &error) { RTC_WARNING("%s", error.message.c_str()); }

void Publisher::viewer_sends(const std::string &session, const Message &message) {
  connection_->signaler().send(session, message);
}

void Publisher::viewer_connected(const std::string &session) {
  const auto found = viewers_.find(session);
  if (found != viewers_.end()) events_.viewer_started(session, found->second->peer());
}

void Publisher::viewer_failed(const std::string &session, const Error &error) {
  events_.publisher_warns(session, error);
  remove(session, error.message, true);
}

void Publisher::viewer_refused_track(const std::string &session, const Error &error) {
  events_.publisher_warns(session, error);
}

void Publisher::remove(const SessionId &session, const std::string &reason, bool tell_peer) {
  const auto found = viewers_.find(session);
  if (found == viewers_.end()) return;
  const auto viewer = found->second;
  viewers_.erase(found);
  if (tell_peer) connection_->signaler().send(session, Bye{reason});
  viewer->close();
  events_.viewer_removed(session, viewer->peer(), reason, viewers_.size());
  // The caller may be a method of this viewer's session.
  loop_.post([viewer] {});
}

bool Publisher::disconnect_viewer(const std::string &session, const std::string &reason) {
  if (!viewers_.count(session)) return false;
  remove(session, reason, true);
  return true;
}

void Publisher::watch() {
  const auto now = Clock::now();
  std::vector<std::pair<SessionId, const char *>> dead;
  for (const auto &[session, viewer] : viewers_) {
    if (viewer->connected() && now - viewer->session().last_received() > silence_limit)
      dead.emplace_back(session, "nothing was heard from the viewer for 10 s");
    else if (!viewer->connected() && now - viewer->since() > connect_deadline)
      dead.emplace_back(session, "no connection was made within 30 s");
  }
  for (const auto &[session, reason] : dead) remove(session, reason, true);
}

void Publisher::finish() {
  if (std::exchange(finished_, true)) return;
  waiting_.clear();
  while (!viewers_.empty()) remove(SessionId(viewers_.begin()->first), "", true);
}

void Publisher::get_stats(std::function<void(StructurePtr)> done) {
  auto collector = std::make_shared<StatsCollector>(std::move(done));
  collector->set("stream", name_);
  for (const auto &input : inputs_)
    for (const auto &group : input->groups())
      collector->add_group(input->pad(), group.codec, group.encoder, group.viewers);
  for (const auto &[session, viewer] : viewers_) {
    uint64_t frames = 0, dropped = 0, requests = 0;
    for (const auto &track : viewer->tracks()) {
      frames += track.counters.frames;
      dropped += track.counters.dropped;
      requests += track.counters.keyframe_requests;
    }
    auto *entry = gst_structure_new("session", "peer", G_TYPE_STRING, viewer->peer().c_str(),
                                    "connected", G_TYPE_BOOLEAN, viewer->connected(), "framesSent",
                                    G_TYPE_UINT64, frames, "framesDropped", G_TYPE_UINT64, dropped,
                                    "keyFrameRequests", G_TYPE_UINT64, requests, nullptr);
    viewer->session().get_stats([collector, id = session, entry](StructurePtr stats) {
      collector->add_session(id, StructurePtr(entry), std::move(stats));
    });
  }
}

}  // namespace rtc
