// The offer/answer exchange of one session as a pure state machine (RFC 9429 section 3.2): events
// in, actions out. It orders what would otherwise race: candidates that come before the
// description, offers while another is under way, offers of both sides that cross (perfect
// negotiation, W3C WebRTC section 10.7).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "message/message.hpp"

namespace rtc {

// What happens to an offer of the other side that crosses ours. The two sides of a session that
// both offer need one of each. A side that yields does not make the first offer.
enum class Glare { refuse, yield, insist };

class Negotiation {
 public:
  // `trickle`: candidates may follow the description (RFC 8838).
  explicit Negotiation(bool trickle = true, Glare glare = Glare::refuse)
      : trickle_(trickle), glare_(glare) {}

  struct CreateOffer {};
  struct CreateAnswer {};
  struct SetLocal {
    Description description;
  };
  struct SetRemote {
    Description description;
  };
  struct AddCandidate {
    Candidate candidate;
  };
  struct Send {
    Message message;
  };
  struct Fail {
    Error error;
  };
  using Action =
      std::variant<CreateOffer, CreateAnswer, SetLocal, SetRemote, AddCandidate, Send, Fail>;
  using Actions = std::vector<Action>;

  // Our side wants to offer; waits for the exchange under way.
  Actions negotiate();
  Actions received(const Message &message);
  // Answers of webrtcbin to the actions.
  Actions created(const Description &description);
  Actions local_set(bool ok);
  Actions remote_set(bool ok);
  // A local candidate; held back until the description it belongs to was sent. Without trickle the
  // description waits for all of them, or for gathering_deadline(), and carries them.
  Actions gathered(const Candidate &candidate);
  Actions gathering_complete();
  Actions gathering_deadline();

  bool awaits_answer() const { return state_ == State::offered; }
  bool stable() const { return state_ == State::stable; }
  // An offer and its answer are in place: tracks may flow.
  bool established() const { return exchanges_ > 0; }

 private:
  enum class State {
    stable,
    creating_offer,
    setting_offer,
    offered,
    setting_late_offer,
    setting_answer,
    setting_remote_offer,
    creating_answer,
    answering
  };

  Actions received_description(const Description &description);
  Actions received_offer(const Description &offer);
  Actions received_answer(const Description &answer);
  // webrtcbin 1.22 cannot take back a local offer. Who may have to yield sets its offer only when
  // the answer is there; ICE is up by then, so that nothing waits for it.
  bool offers_late() const { return glare_ == Glare::yield && established(); }
  Actions received_candidate(const Candidate &candidate);
  void enter_stable(Actions &actions);
  void local_described(Actions &actions);
  void flush_local(Actions &actions);
  static Action fail(const std::string &what);

  const bool trickle_;
  const Glare glare_;
  bool waits_for_candidates_ = false;
  State state_ = State::stable;
  bool wanted_ = false;                     // another offer of ours is due
  bool yielded_ = false;                    // the offer that is being created is of no use any more
  std::optional<Description> late_answer_;  // to an offer that is set only now
  std::optional<Description> waiting_offer_;  // came while an exchange ended
  bool has_remote_ = false;                   // candidates can be added
  bool sent_local_ = false;                   // candidates can be sent
  unsigned exchanges_ = 0;
  Description local_;
  bool gathered_ = false;
  std::vector<Message> held_local_;
  std::vector<Candidate> held_candidates_;  // without trickle
  std::vector<Candidate> held_remote_;
};

}  // namespace rtc
