#include "gathering.hpp"

#include <nice/agent.h>

#include "base/signal.hpp"
#include "base/text.hpp"
#include "ice/tls_tunnel.hpp"
#include "net/tls.hpp"

namespace {

using rtc::Clock;
using rtc::IpPort;
using rtc::milliseconds;

constexpr milliseconds close_time{1000};

IpPort to_ip_port(const NiceAddress &address) {
  char ip[NICE_ADDRESS_STRING_LEN];
  nice_address_to_string(&address, ip);
  return {ip, nice_address_get_port(&address)};
}

const char *type_of(const NiceCandidate &candidate) {
  switch (candidate.type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return "host";
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return "srflx";
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return "prflx";
    case NICE_CANDIDATE_TYPE_RELAYED:
      return "relay";
  }
  return "";
}

}  // namespace

class Gathering::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(rtc::EventLoop &loop, const CheckPlan &plan, std::vector<CheckedServer> servers,
          Done done)
      : loop_(loop), plan_(plan), servers_(std::move(servers)), done_(std::move(done)) {}

  template <typename F>
  auto safely(F f) {
    return rtc::if_alive(weak_from_this(), std::move(f));
  }

  void start() {
    // Later, so that `done` never comes from within the constructor.
    timer_ = loop_.after(milliseconds(0), safely([](Attempt &a) { a.prepare(); }));
  }
  void give_up() {
    done_ = nullptr;
    timer_.cancel();
    agent_.reset();
    tunnels_.clear();
  }

 private:
  void prepare();
  void gather();
  void make_agent();
  void add_servers();
  void add_turn(const CheckedServer &server, const rtc::ServerProbeSettings &login);
  void found(const NiceCandidate &candidate);
  void close();
  void finish();
  void fail(const rtc::Error &error) {
    result_.error = error;
    finish();
  }

  rtc::EventLoop &loop_;
  CheckPlan plan_;
  std::vector<CheckedServer> servers_;
  Done done_;
  Result result_;
  rtc::Ref<NiceAgent> agent_;
  guint stream_ = 0;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<rtc::TlsTunnel>> tunnels_;
  rtc::TimePoint started_;
  rtc::Timer timer_;
};

void Gathering::Attempt::prepare() {
  const auto addresses = rtc::choose_addresses(rtc::local_addresses(), plan_.interfaces, true);
  if (!addresses) return fail(addresses.error());
  addresses_ = *addresses;
  make_agent();
  for (const auto &text : addresses_) {
    NiceAddress address;
    nice_address_init(&address);
    if (nice_address_set_from_string(&address, text.c_str()))
      nice_agent_add_local_address(agent_.get(), &address);
  }
  add_servers();
  // Later: a GSocketService, as in a tunnel, drops a connection that comes in the same round of the
  // loop in which its second address was added.
  timer_ = loop_.after(milliseconds(1), safely([](Attempt &a) { a.gather(); }));
}

void Gathering::Attempt::gather() {
  timer_ = loop_.after(plan_.timeout, safely([](Attempt &a) { a.close(); }));
  started_ = Clock::now();
  if (nice_agent_gather_candidates(agent_.get(), stream_)) return;
  const auto ports = rtc::format("%u-%u", plan_.ports.low, plan_.ports.high);
  fail({rtc::Error::Kind::settings,
        "No local port can be had on " + rtc::join(addresses_, ", ") +
            (plan_.ports.any() ? "" : " in the range " + ports + "; give a wider one") + ".",
        "nice_agent_gather_candidates"});
}

void Gathering::Attempt::make_agent() {
  agent_ = rtc::adopt(nice_agent_new_full(loop_.context(), NICE_COMPATIBILITY_RFC5245,
                                          NICE_AGENT_OPTION_ICE_TRICKLE));
  g_object_set(agent_.get(), "upnp", FALSE, "ice-tcp", FALSE, nullptr);
  stream_ = nice_agent_add_stream(agent_.get(), 1);
  if (!plan_.ports.any())
    nice_agent_set_port_range(agent_.get(), stream_, 1, plan_.ports.low, plan_.ports.high);
  rtc::connect_weak<void(NiceAgent *, NiceCandidate *)>(
      agent_.get(), "new-candidate-full", weak_from_this(),
      [](Attempt &a, NiceAgent *, NiceCandidate *candidate) { a.found(*candidate); });
  // Posted: it may come while nice_agent_gather_candidates() has not returned.
  rtc::connect_weak<void(NiceAgent *, guint)>(
      agent_.get(), "candidate-gathering-done", weak_from_this(),
      [](Attempt &a, NiceAgent *, guint) {
        a.loop_.post(a.safely([](Attempt &self) { self.close(); }));
      });
  // Without it nobody reads the answers of the servers.
  nice_agent_attach_recv(
      agent_.get(), stream_, 1, loop_.context(),
      [](NiceAgent *, guint, guint, guint, gchar *, gpointer) {}, nullptr);
}

void Gathering::Attempt::add_servers() {
  bool has_stun = false;
  for (size_t i = 0; i < servers_.size(); i++) {
    const auto &server = servers_[i];
    if (!server.report.works()) continue;
    if (server.uri.is_turn()) {
      add_turn(server, plan_.servers[i]);
    } else if (server.uri.transport == rtc::IceUri::Transport::udp &&
               !std::exchange(has_stun, true)) {
      // libnice takes one.
      g_object_set(agent_.get(), "stun-server", server.report.remote.ip.c_str(), "stun-server-port",
                   server.report.remote.port, nullptr);
    }
  }
}

void Gathering::Attempt::add_turn(const CheckedServer &server,
                                  const rtc::ServerProbeSettings &login) {
  auto address = server.report.remote;
  auto type = server.uri.transport == rtc::IceUri::Transport::udp ? NICE_RELAY_TYPE_TURN_UDP
                                                                  : NICE_RELAY_TYPE_TURN_TCP;
  // libnice speaks plain TCP to a TLS server; the elements go round that in the same way.
  if (server.uri.transport == rtc::IceUri::Transport::tls) {
    const auto authorities = rtc::load_authorities(plan_.tls_ca_file);
    if (!authorities) return;
    auto tunnel = rtc::TlsTunnel::open(server.uri.host, server.uri.port, *authorities, [] {});
    if (!tunnel) return;
    address = {address.is_v6() ? "::1" : "127.0.0.1", (*tunnel)->port()};
    tunnels_.push_back(std::move(*tunnel));
  }
  nice_agent_set_relay_info(agent_.get(), stream_, 1, address.ip.c_str(), address.port,
                            login.username.c_str(), login.credential.c_str(), type);
}

void Gathering::Attempt::found(const NiceCandidate &candidate) {
  FoundCandidate row;
  row.type = type_of(candidate);
  row.protocol = candidate.transport == NICE_CANDIDATE_TRANSPORT_UDP ? "udp" : "tcp";
  row.address = to_ip_port(candidate.addr);
  row.time = rtc::duration_cast<milliseconds>(Clock::now() - started_);
  result_.candidates.push_back(std::move(row));
}

// The relays of the gathering go back to their servers.
void Gathering::Attempt::close() {
  timer_ = loop_.after(close_time, safely([](Attempt &a) { a.finish(); }));
  using Holder = std::weak_ptr<Attempt>;
  nice_agent_close_async(
      agent_.get(),
      [](GObject *, GAsyncResult *, gpointer data) {
        const std::unique_ptr<Holder> holder(static_cast<Holder *>(data));
        if (const auto self = holder->lock()) self->finish();
      },
      new Holder(weak_from_this()));
}

void Gathering::Attempt::finish() {
  const auto keep = shared_from_this();
  const auto done = std::exchange(done_, nullptr);
  give_up();
  if (done) done(std::move(result_));
}

Gathering::Gathering(rtc::EventLoop &loop, const CheckPlan &plan,
                     const std::vector<CheckedServer> &servers, Done done)
    : attempt_(std::make_shared<Attempt>(loop, plan, servers, std::move(done))) {
  attempt_->start();
}

Gathering::~Gathering() { attempt_->give_up(); }
