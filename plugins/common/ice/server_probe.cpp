#include "ice/server_probe.hpp"

#include "base/text.hpp"
#include "ice/relay_check.hpp"
#include "ice/stun_client.hpp"
#include "ice/stun_socket.hpp"
#include "net/tls.hpp"

namespace rtc {

namespace {

constexpr milliseconds first_retransmission{500};  // RFC 8489 section 6.2.1
constexpr milliseconds release_time{1000};
constexpr size_t max_username = 508;  // RFC 8489 section 14.3

}  // namespace

// Callbacks of its parts find it by a weak pointer: they may come while it ends.
class ServerProbe::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(EventLoop &loop, ServerProbeSettings settings, Done done)
      : loop_(loop), settings_(std::move(settings)), done_(std::move(done)) {
    if (settings_.username.empty()) {
      settings_.username = settings_.uri.username;
      settings_.credential = settings_.uri.credential;
    }
  }

  void start();
  void give_up();

 private:
  using Answered = void (Attempt::*)(const StunEvent &);

  void open();
  void opened();
  void request(const StunRequest &what, Answered answered);
  void transmit(milliseconds until_next);
  void received(std::string_view message);

  void answered(const StunEvent &event);
  void measure(RelayCheck::Path path);
  void permitted(const StunEvent &event);
  void measured(const RelayQuality &quality);
  void release();
  void released(const StunEvent &) { finish(); }

  void late();
  void failed(const ProbeFailure &failure);
  void conclude(const ProbeFailure &failure);
  void finish();

  // A function for a part of this object that does nothing once it is gone.
  template <typename F>
  auto safely(F f) {
    return if_alive(weak_from_this(), std::move(f));
  }

  EventLoop &loop_;
  ServerProbeSettings settings_;
  Done done_;
  ServerReport report_;
  bool concluded_ = false;  // the outcome is known
  bool allocated_ = false;  // or may be: the answer may be on its way
  std::unique_ptr<StunSocket> socket_;
  std::unique_ptr<StunClient> client_;
  std::unique_ptr<RelayCheck> check_;
  RelayCheck::Path path_ = RelayCheck::Path::peer;
  std::string bytes_;            // of the request under way
  Answered answered_ = nullptr;  // to it
  std::string nonsense_;         // what was wrong with the last answer that could not be used
  TimePoint started_;
  Timer deadline_;
  Timer retransmission_;
};

void ServerProbe::Attempt::start() {
  started_ = Clock::now();
  deadline_ = loop_.after(settings_.timeout, safely([](Attempt &a) { a.late(); }));
  // Later, so that `done` never comes from within the constructor.
  retransmission_ = loop_.after(milliseconds(0), safely([](Attempt &a) { a.open(); }));
}

void ServerProbe::Attempt::open() {
  if (settings_.username.size() > max_username ||
      settings_.username.empty() != settings_.credential.empty())
    return conclude(
        {ProbeOutcome::not_possible, 0, "a user name of at most 508 bytes comes with a password"});
  StunSocket::Settings socket{settings_.uri, {}, settings_.local};
  if (settings_.uri.transport == IceUri::Transport::tls) {
    const auto authorities = load_authorities(settings_.tls_ca_file);
    if (!authorities) return conclude({ProbeOutcome::not_possible, 0, authorities.error().message});
    socket.authorities = *authorities;
  }
  socket_ = StunSocket::open(
      loop_, socket,
      {safely([](Attempt &a) { a.opened(); }),
       safely([](Attempt &a, std::string_view message) { a.received(message); }),
       safely([](Attempt &a, const ProbeFailure &failure) { a.failed(failure); })});
}

void ServerProbe::Attempt::opened() {
  report_.local = socket_->local();
  report_.remote = socket_->remote();
  client_ = std::make_unique<StunClient>(settings_.username, settings_.credential);
  StunRequest what;
  allocated_ = settings_.uri.is_turn();
  if (allocated_) what.kind = StunRequest::Kind::allocate;
  request(what, &Attempt::answered);
}

void ServerProbe::Attempt::request(const StunRequest &what, Answered answered) {
  answered_ = answered;
  bytes_ = client_->start(what);
  transmit(first_retransmission);
}

// Over UDP again and again until an answer comes, at doubled distances.
void ServerProbe::Attempt::transmit(milliseconds until_next) {
  socket_->send(bytes_);
  if (settings_.uri.transport == IceUri::Transport::udp)
    retransmission_ =
        loop_.after(until_next, safely([until_next](Attempt &a) { a.transmit(until_next * 2); }));
}

void ServerProbe::Attempt::received(std::string_view message) {
  auto event = client_->read(message);
  switch (event.kind) {
    case StunEvent::Kind::ignored:
      if (!event.reason.empty()) nonsense_ = event.reason;
      break;
    case StunEvent::Kind::data:
      if (check_) check_->received(event.peer, event.bytes);
      break;
    case StunEvent::Kind::again:
      bytes_ = std::move(event.bytes);
      transmit(first_retransmission);
      break;
    case StunEvent::Kind::success:
    case StunEvent::Kind::refused:
      retransmission_.cancel();
      if (const auto next = std::exchange(answered_, nullptr)) (this->*next)(event);
      break;
  }
}

void ServerProbe::Attempt::answered(const StunEvent &event) {
  if (event.kind == StunEvent::Kind::refused) {
    allocated_ = false;
    const auto now = g_get_real_time() / G_USEC_PER_SEC;
    const auto outcome = outcome_of(event.code, event.authenticated, settings_.username, now);
    return conclude({outcome, event.code, event.reason});
  }
  report_.outcome = ProbeOutcome::works;
  report_.mapped = event.mapped;
  report_.relayed = event.relayed;
  report_.time = duration_cast<milliseconds>(Clock::now() - started_);
  concluded_ = true;
  deadline_.cancel();
  if (!allocated_ || settings_.relay_packets == 0) return release();
  report_.relay.emplace();
  const bool same_family = report_.mapped && report_.mapped.is_v6() == report_.relayed.is_v6();
  measure(same_family ? RelayCheck::Path::peer : RelayCheck::Path::itself);
}

void ServerProbe::Attempt::measure(RelayCheck::Path path) {
  path_ = path;
  report_.relay->to_itself = path == RelayCheck::Path::itself;
  deadline_ = loop_.after(settings_.timeout, safely([](Attempt &a) { a.late(); }));
  // The relay sees a socket of this machine come from where the server sees us, but for the port.
  request({StunRequest::Kind::permission, 0,
           path == RelayCheck::Path::peer ? report_.mapped : report_.relayed},
          &Attempt::permitted);
}

void ServerProbe::Attempt::permitted(const StunEvent &event) {
  deadline_.cancel();
  if (event.kind == StunEvent::Kind::refused) {
    const auto outcome = outcome_of(event.code, event.authenticated, settings_.username, 0);
    report_.relay->error =
        to_error(settings_.uri, {outcome, event.code, event.reason}, settings_.timeout);
    return measured({});
  }
  RelayCheck::Settings check{report_.relayed, path_, settings_.relay_packets};
  check.local = settings_.local;
  check_ = std::make_unique<RelayCheck>(
      loop_, check, safely([](Attempt &a, const IpPort &peer, std::string_view data) {
        a.socket_->send(a.client_->send_indication(peer, data));
      }),
      safely([](Attempt &a, const RelayQuality &quality) { a.measured(quality); }));
}

void ServerProbe::Attempt::measured(const RelayQuality &quality) {
  check_.reset();
  report_.relay->quality = quality;
  if (quality.received == 0 && path_ == RelayCheck::Path::peer)
    return measure(RelayCheck::Path::itself);
  if (quality.received == 0 && report_.relay->error.message.empty())
    report_.relay->error = {
        Error::Kind::failed,
        "The TURN server " + to_string(settings_.uri) + " gave the address " +
            report_.relayed.text() +
            ", but nothing comes back through it; check that the server's relay ports are open "
            "(min-port and max-port of coturn) and its external-ip.",
        "no packet returned"};
  if (quality.received > 0) report_.relay->error = {};
  release();
}

// A user has a limited number of allocations, and others wait for this one.
void ServerProbe::Attempt::release() {
  if (!std::exchange(allocated_, false)) return finish();
  deadline_ = loop_.after(release_time, safely([](Attempt &a) { a.finish(); }));
  request({StunRequest::Kind::refresh, 0, {}}, &Attempt::released);
}

void ServerProbe::Attempt::late() {
  retransmission_.cancel();
  if (!nonsense_.empty()) return failed({ProbeOutcome::not_stun, 0, nonsense_});
  failed({ProbeOutcome::timeout, 0, socket_ ? socket_->waits_for() : ""});
}

// While the relay is measured the outcome is known already, and the failure is the relay's.
void ServerProbe::Attempt::failed(const ProbeFailure &failure) {
  if (!concluded_) return conclude(failure);
  if (report_.relay && report_.relay->quality.sent == 0)
    report_.relay->error = to_error(settings_.uri, failure, settings_.timeout);
  finish();
}

void ServerProbe::Attempt::conclude(const ProbeFailure &failure) {
  concluded_ = true;
  report_.outcome = failure.outcome;
  report_.code = failure.code;
  report_.error = to_error(settings_.uri, failure, settings_.timeout);
  report_.time = duration_cast<milliseconds>(Clock::now() - started_);
  finish();
}

void ServerProbe::Attempt::finish() {
  const auto keep = shared_from_this();
  const auto done = std::exchange(done_, nullptr);
  give_up();
  if (done) done(std::move(report_));
}

void ServerProbe::Attempt::give_up() {
  done_ = nullptr;
  deadline_.cancel();
  retransmission_.cancel();
  check_.reset();
  // Nobody waits for the answer: over UDP it may get lost, and over TCP the end of the connection
  // says the same.
  if (std::exchange(allocated_, false))
    socket_->send(client_->start({StunRequest::Kind::refresh, 0, {}}));
  socket_.reset();
}

ServerProbe::ServerProbe(EventLoop &loop, const ServerProbeSettings &settings, Done done)
    : attempt_(std::make_shared<Attempt>(loop, settings, std::move(done))) {
  attempt_->start();
}

ServerProbe::~ServerProbe() { attempt_->give_up(); }

}  // namespace rtc
