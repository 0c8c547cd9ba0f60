#include "relay_publisher.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "signaling/registry.hpp"

namespace rtc::bench {

namespace {

constexpr auto start_deadline = seconds(20);
constexpr auto forever = std::chrono::hours(24);

constexpr struct {
  const char *kind;
  const char *program;
} relays[] = {
    {"janus", RTC_BENCH_FOLDER "/relays/janus"},
    {"pion", RTC_BENCH_FOLDER "/relays/pion/run"},
};

}  // namespace

std::string relay_program(const std::string &kind) {
  for (const auto &relay : relays)
    if (kind == relay.kind) return relay.program;
  return {};
}

Result<std::unique_ptr<Publisher>> RelayPublisher::create(const std::string &kind,
                                                          const std::string &source) {
  auto publisher = std::unique_ptr<RelayPublisher>(new RelayPublisher);
  if (const auto started = publisher->start(kind, source); !started) return started.error();
  return std::unique_ptr<Publisher>(std::move(publisher));
}

Result<bool> RelayPublisher::start(const std::string &kind, const std::string &source) {
  auto relay = Child::start({}, relay_program(kind));
  if (!relay) return relay.error();
  relay_ = std::move(*relay);
  const auto ready = relay_->hear(start_deadline);
  if (!ready) return ready.error();
  auto *object = json_node_get_object(ready->get());
  measured_ = static_cast<pid_t>(json_object_get_int_member(object, "pid"));
  if (const auto fed = feed(source, json_object_get_int_member(object, "ready")); !fed)
    return fed.error();
  Result<bool> served = true;
  loop_.call([&] { served = serve(); });
  if (served) listener_ = std::thread([this] { listen(); });
  return served;
}

Result<bool> RelayPublisher::feed(const std::string &source, long port) {
  const auto text =
      source + format(" ! udpsink host=127.0.0.1 port=%ld sync=false async=false", port);
  GError *error = nullptr;
  pipeline_ = sink(gst_parse_launch(text.c_str(), &error));
  if (const ErrorPtr owned(error); owned)
    return Error{Error::Kind::missing_element,
                 std::string("The relay cannot be fed: ") + owned->message, text};
  return true;
}

Result<bool> RelayPublisher::serve() {
  ServerSettings settings;
  settings.listen = "127.0.0.1:0";
  auto started = Server::start(loop_, settings);
  if (!started) return started.error();
  server_ = std::move(*started);
  auto signaler = make_signaler(loop_, {server_->signaling_url(), {}, {}});
  if (!signaler) return signaler.error();
  signaler_ = std::move(*signaler);
  Presence presence;
  presence.publishes = true;
  presence.name = "bench";
  signaler_->start(*this, presence);
  return true;
}

RelayPublisher::~RelayPublisher() {
  if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  if (relay_) relay_->end_input();
  if (listener_.joinable()) listener_.join();
  loop_.call([this] {
    if (signaler_) signaler_->stop();
    signaler_.reset();
    server_.reset();
  });
}

void RelayPublisher::listen() {
  while (true) {
    auto line = relay_->hear(forever);
    if (!line) return;
    loop_.call([&] { heard(*line); });
  }
}

void RelayPublisher::heard(const JsonPtr &line) {
  auto *object = json_node_get_object(line.get());
  const SessionId session = json_object_get_string_member_with_default(object, "session", "");
  if (!viewers_.contains(session)) return;
  if (const auto *sdp = json_object_get_string_member_with_default(object, "offer", nullptr))
    signaler_->send(session, Description{Description::Type::offer, sdp});
  if (const auto *text = json_object_get_string_member_with_default(object, "candidate", nullptr))
    signaler_->send(session, Candidate{0, "", text});
}

void RelayPublisher::session_requested(const SessionId &session, const PeerId &peer,
                                       SessionRequest) {
  viewers_[session] = peer;
  relay_->tell(JsonObject().add("open", session).str().c_str());
}

void RelayPublisher::received(const SessionId &session, Message message) {
  JsonObject line;
  line.add("session", session);
  if (std::holds_alternative<Bye>(message)) return close(session);
  if (const auto *description = std::get_if<Description>(&message)) {
    line.add("answer", description->sdp);
  } else if (const auto *candidate = std::get_if<Candidate>(&message)) {
    if (candidate->candidate.empty()) return;
    line.add("candidate", candidate->candidate);
    line.add_raw("mline", std::to_string(candidate->mline));
  }
  relay_->tell(line.str().c_str());
}

void RelayPublisher::close(const SessionId &session) {
  if (viewers_.erase(session)) relay_->tell(JsonObject().add("close", session).str().c_str());
}

void RelayPublisher::peer_left(const PeerId &peer, bool) {
  const auto known = viewers_;
  for (const auto &[session, viewer] : known)
    if (viewer == peer) close(session);
}

void RelayPublisher::failed(const Error &error) {
  fprintf(stderr, "rtc-bench publish: %s\n", error.message.c_str());
}

}  // namespace rtc::bench
