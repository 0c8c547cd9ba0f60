#include "session/negotiation.hpp"

#include <utility>

#include "message/sdp.hpp"

namespace rtc {

namespace {
constexpr size_t max_held_candidates = 256;
}

Negotiation::Action Negotiation::fail(const std::string &what) {
  return Fail{
      Error{Error::Kind::protocol, "The connection could not be negotiated: " + what + ".", what}};
}

Negotiation::Actions Negotiation::negotiate() {
  if (state_ != State::stable) {
    wanted_ = true;
    return {};
  }
  state_ = State::creating_offer;
  return {CreateOffer{}};
}

Negotiation::Actions Negotiation::received(const Message &message) {
  if (const auto *description = std::get_if<Description>(&message))
    return received_description(*description);
  if (const auto *candidate = std::get_if<Candidate>(&message))
    return received_candidate(*candidate);
  return {};
}

Negotiation::Actions Negotiation::received_description(const Description &description) {
  if (auto error = check_description(description)) return {Fail{*error}};
  return description.type == Description::Type::answer ? received_answer(description)
                                                       : received_offer(description);
}

Negotiation::Actions Negotiation::received_answer(const Description &answer) {
  if (state_ != State::offered) return {fail("an answer came that no offer asked for")};
  if (offers_late()) {
    state_ = State::setting_late_offer;
    late_answer_ = answer;
    return {SetLocal{local_}};
  }
  state_ = State::setting_answer;
  return {SetRemote{answer}};
}

Negotiation::Actions Negotiation::received_offer(const Description &offer) {
  const bool ours_is_out =
      state_ == State::creating_offer || state_ == State::setting_offer || state_ == State::offered;
  if (state_ != State::stable && glare_ == Glare::refuse)
    return {fail("an offer came while another one was under way")};
  if (ours_is_out && glare_ == Glare::insist) return {};
  if (ours_is_out) {
    yielded_ = state_ == State::creating_offer;
    wanted_ = true;
  } else if (state_ == State::setting_answer || state_ == State::setting_late_offer) {
    // The other side has been done with the exchange since it sent its answer.
    waiting_offer_ = offer;
    return {};
  } else if (state_ != State::stable) {
    return {fail("an offer came before the one before it was answered")};
  }
  state_ = State::setting_remote_offer;
  sent_local_ = false;
  return {SetRemote{offer}};
}

Negotiation::Actions Negotiation::received_candidate(const Candidate &candidate) {
  if (check_candidate(candidate) || candidate.candidate.empty()) return {};
  if (has_remote_) return {AddCandidate{candidate}};
  if (held_remote_.size() < max_held_candidates) held_remote_.push_back(candidate);
  return {};
}

Negotiation::Actions Negotiation::created(const Description &description) {
  if (description.type == Description::Type::offer && std::exchange(yielded_, false)) return {};
  if (state_ == State::creating_offer)
    state_ = State::setting_offer;
  else if (state_ == State::creating_answer)
    state_ = State::answering;
  else
    return {};
  local_ = description;
  if (state_ != State::setting_offer || !offers_late()) return {SetLocal{description}};
  Actions actions;
  local_described(actions);
  return actions;
}

Negotiation::Actions Negotiation::local_set(bool ok) {
  if (!ok) return {fail("webrtcbin refused its own description")};
  if (state_ == State::setting_late_offer) {
    state_ = State::setting_answer;
    return {SetRemote{*std::exchange(late_answer_, std::nullopt)}};
  }
  Actions actions;
  if (state_ != State::setting_offer && state_ != State::answering) return actions;
  // A later description carries the candidates of the first one itself.
  waits_for_candidates_ = !trickle_ && !gathered_;
  if (!waits_for_candidates_) local_described(actions);
  return actions;
}

void Negotiation::local_described(Actions &actions) {
  waits_for_candidates_ = false;
  if (!trickle_) {
    local_.sdp = add_candidates(local_.sdp, held_candidates_);
    actions.push_back(Send{local_});
  } else {
    actions.push_back(Send{local_});
    flush_local(actions);
  }
  if (state_ == State::setting_offer)
    state_ = State::offered;
  else
    enter_stable(actions);
}

Negotiation::Actions Negotiation::remote_set(bool ok) {
  if (!ok) return {fail("webrtcbin refused the other side's description")};
  Actions actions;
  has_remote_ = true;
  for (auto &candidate : held_remote_) actions.push_back(AddCandidate{std::move(candidate)});
  held_remote_.clear();
  if (state_ == State::setting_answer) {
    enter_stable(actions);
  } else if (state_ == State::setting_remote_offer) {
    state_ = State::creating_answer;
    actions.push_back(CreateAnswer{});
  }
  return actions;
}

void Negotiation::enter_stable(Actions &actions) {
  state_ = State::stable;
  exchanges_++;
  if (const auto offer = std::exchange(waiting_offer_, std::nullopt)) {
    const auto next = received_offer(*offer);
    actions.insert(actions.end(), next.begin(), next.end());
    return;
  }
  if (!wanted_) return;
  wanted_ = false;
  state_ = State::creating_offer;
  actions.push_back(CreateOffer{});
}

Negotiation::Actions Negotiation::gathered(const Candidate &candidate) {
  if (!trickle_) {
    held_candidates_.push_back(candidate);
    return {};
  }
  if (sent_local_) return {Send{candidate}};
  held_local_.push_back(candidate);
  return {};
}

Negotiation::Actions Negotiation::gathering_complete() {
  gathered_ = true;
  if (!trickle_) return gathering_deadline();
  if (sent_local_) return {Send{EndOfCandidates{}}};
  held_local_.push_back(EndOfCandidates{});
  return {};
}

Negotiation::Actions Negotiation::gathering_deadline() {
  Actions actions;
  if (waits_for_candidates_) local_described(actions);
  return actions;
}

void Negotiation::flush_local(Actions &actions) {
  sent_local_ = true;
  for (auto &message : held_local_) actions.push_back(Send{std::move(message)});
  held_local_.clear();
}

}  // namespace rtc
