#include "ice/nat_mapping.hpp"

#include <optional>

#include "ice/stun_client.hpp"
#include "ice/udp_socket.hpp"

namespace rtc {

namespace {

constexpr milliseconds first_retransmission{500};  // RFC 8489 section 6.2.1

struct Row {
  const char *name;
  const char *text;
};

constexpr Row rows[] = {
    {"unknown", "unknown: fewer than two STUN servers answered"},
    {"none", "no NAT: the servers see this machine's own address"},
    {"endpoint_independent", "endpoint-independent: direct connections work with most peers"},
    {"endpoint_dependent",
     "address-dependent, or address-and-port-dependent (\"symmetric\"): most connections need a "
     "TURN server"},
    {"port_dependent",
     "address-and-port-dependent (\"symmetric\"): most connections need a TURN server"},
    {"port_independent",
     "endpoint-independent or address-dependent; give STUN servers with different addresses to "
     "tell which"},
};

}  // namespace

const char *to_string(NatMapping mapping) { return rows[static_cast<size_t>(mapping)].name; }
const char *describe(NatMapping mapping) { return rows[static_cast<size_t>(mapping)].text; }

NatMapping classify_mapping(const MappingAnswer &first, const MappingAnswer &second) {
  if (!first.mapped || !second.mapped) return NatMapping::unknown;
  if (first.mapped == first.local && second.mapped == second.local) return NatMapping::none;
  const bool same_machine = first.server.ip == second.server.ip;
  const bool same_mapping = first.mapped == second.mapped;
  if (same_machine && first.server.port == second.server.port) return NatMapping::unknown;
  if (same_machine) return same_mapping ? NatMapping::port_independent : NatMapping::port_dependent;
  return same_mapping ? NatMapping::endpoint_independent : NatMapping::endpoint_dependent;
}

class MappingProbe::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(EventLoop &loop, LocalSide local, Done done)
      : loop_(loop), local_(std::move(local)), done_(std::move(done)) {}

  template <typename F>
  auto safely(F f) {
    return if_alive(weak_from_this(), std::move(f));
  }
  void start(const std::vector<IpPort> &servers, milliseconds timeout) {
    timer_ = loop_.after(timeout, safely([](Attempt &a) { a.finish(); }));
    // Later, so that `done` never comes from within the constructor.
    retransmission_ =
        loop_.after(milliseconds(0), safely([servers](Attempt &a) { a.open(servers); }));
  }
  void give_up() {
    done_ = nullptr;
    timer_.cancel();
    retransmission_.cancel();
    socket_.reset();
  }

 private:
  struct Question {
    MappingAnswer answer;
    std::unique_ptr<StunClient> client;
    std::string bytes;
  };

  // The first family that two servers share.
  void open(const std::vector<IpPort> &servers) {
    for (const bool v6 : {false, true}) {
      for (const auto &server : servers)
        if (server.is_v6() == v6) ask(server);
      if (questions_.size() >= 2) break;
      questions_.clear();
    }
    if (questions_.empty()) return finish();
    auto socket = UdpSocket::open(
        loop_, questions_[0].answer.server.is_v6(), local_,
        safely([](Attempt &a, const IpPort &, std::string_view bytes) { a.received(bytes); }));
    if (!socket) return finish();
    socket_ = std::move(*socket);
    transmit(first_retransmission);
  }

  void ask(const IpPort &server) {
    auto client = std::make_unique<StunClient>("", "");
    auto bytes = client->start({});
    questions_.push_back({{server, {}, {}}, std::move(client), std::move(bytes)});
  }

  void transmit(milliseconds until_next) {
    for (const auto &question : questions_)
      if (!question.answer.mapped) socket_->send_to(question.answer.server, question.bytes);
    retransmission_ =
        loop_.after(until_next, safely([until_next](Attempt &a) { a.transmit(until_next * 2); }));
  }

  // Each client knows its own transaction.
  void received(std::string_view bytes) {
    bool all = true;
    for (auto &question : questions_) {
      const auto event = question.client->read(bytes);
      if (event.kind == StunEvent::Kind::success) {
        question.answer.mapped = event.mapped;
        question.answer.local = socket_->local();
        if (local_.addresses.empty())
          question.answer.local.ip = local_address_towards(question.answer.server).ip;
      }
      all = all && question.answer.mapped;
    }
    if (all) finish();
  }

  void finish() {
    const auto keep = shared_from_this();
    std::vector<MappingAnswer> answers;
    for (const auto &question : questions_)
      if (question.answer.mapped) answers.push_back(question.answer);
    // Servers on different machines tell more.
    auto mapping = NatMapping::unknown;
    for (size_t i = 1; i < answers.size(); i++) {
      const auto told = classify_mapping(answers[0], answers[i]);
      const bool better = answers[0].server.ip != answers[i].server.ip;
      if (mapping == NatMapping::unknown || better) mapping = told;
      if (better) break;
    }
    const auto done = std::exchange(done_, nullptr);
    give_up();
    if (done) done(mapping, std::move(answers));
  }

  EventLoop &loop_;
  LocalSide local_;
  Done done_;
  std::vector<Question> questions_;
  std::unique_ptr<UdpSocket> socket_;
  Timer timer_;
  Timer retransmission_;
};

MappingProbe::MappingProbe(EventLoop &loop, const std::vector<IpPort> &servers,
                           const LocalSide &local, milliseconds timeout, Done done)
    : attempt_(std::make_shared<Attempt>(loop, local, std::move(done))) {
  attempt_->start(servers, timeout);
}

MappingProbe::~MappingProbe() { attempt_->give_up(); }

}  // namespace rtc
