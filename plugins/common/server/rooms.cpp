#include "server/rooms.hpp"

#include <algorithm>

namespace rtc {

using namespace rooms;

namespace {

// A viewer needs one session per stream; the bound keeps one peer from filling the memory.
constexpr size_t max_sessions_as_consumer = 256;
constexpr size_t max_remembered_ends = 256;

Error refused(std::string message) { return {Error::Kind::refused, std::move(message), {}}; }

}  // namespace

std::string Rooms::connect(const std::string &room, Outbox &out) {
  const auto id = settings_.new_id();
  auto &peer = peers_[id];
  peer.id = peer.status.peer = id;
  peer.room = room;
  rooms_[room].push_back(id);
  out.push_back({id, write(Welcome{id, ice_for(id)})});
  return id;
}

void Rooms::message(const std::string &id, std::string_view text, Outbox &out) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  messages_++;
  auto request = read_request(text);
  if (!request) return refuse(id, request.error().message, out);
  auto &peer = found->second;
  const auto done = std::visit([&](auto &m) { return handle(peer, m, out); }, *request);
  peer.spoke = true;
  if (!done) refuse(id, {done.error().message, done.error().detail}, out);
}

void Rooms::refuse(const std::string &peer, const std::string &details, Outbox &out) {
  refuse(peer, Refusal{details, {}}, out);
}

void Rooms::refuse(const std::string &peer, const Refusal &refusal, Outbox &out) {
  errors_++;
  out.push_back({peer, write(refusal)});
}

void Rooms::disconnect(const std::string &peer, bool lost, Outbox &out) {
  if (peers_.contains(peer)) remove(peer, lost, out);
}

Rooms::Counts Rooms::counts() const {
  return {peers_.size(), rooms_.size(), sessions_.size(), messages_, errors_};
}

Rooms::Done Rooms::handle(Peer &peer, const SetProtocolVersion &message, Outbox &) {
  if (peer.spoke) return refused("setProtocolVersion: it must be the first message");
  peer.version = message.version;
  return true;
}

Rooms::Done Rooms::handle(Peer &peer, PeerStatus status, Outbox &out) {
  if (status.roles.producer && status.roles.consumer)
    return refused("setPeerStatus: a peer cannot be both producer and consumer");
  if (auto settled = settle_name(peer, status); !settled) return settled;
  drop_ghosts(peer, status.instance, out);

  const auto old = std::exchange(peer.status, status);
  peer.status.peer = peer.id;
  const bool lost_producer = old.roles.producer && !status.roles.producer;
  const bool lost_consumer = old.roles.consumer && !status.roles.consumer;
  for (const auto &id : std::set(peer.sessions)) {
    const bool produces = sessions_.at(id).producer == peer.id;
    if ((lost_producer && produces) || (lost_consumer && !produces))
      end(id, peer.id, "", false, out);
  }
  // Our clients learn the name in effect from the status of themselves.
  const bool asks = !status.instance.empty() || status.unique_name;
  if (asks || status.roles.listener)
    out.push_back({peer.id, write_peer_status_changed(peer.status)});
  if (old.roles != status.roles || old.meta != status.meta) announce(peer, peer.status, out);
  return true;
}

// Sees to it that a producer's stream name is its own in the room, by another number if it may be.
Rooms::Done Rooms::settle_name(const Peer &peer, PeerStatus &status) const {
  if (!status.roles.producer || status.name.empty()) return true;
  if (!taken(peer, status)) return true;
  if (!status.unique_name)
    return Error{Error::Kind::refused,
                 "setPeerStatus: the stream name \"" + status.name +
                     "\" is taken by another publisher in this room; choose another with the "
                     "\"stream\" property",
                 name_taken};
  const auto wanted = status.name;
  for (int number = 2; taken(peer, status); number++)
    status.name = wanted + "-" + std::to_string(number);
  status.meta = set_meta_name(status.meta, status.name);
  return true;
}

bool Rooms::taken(const Peer &peer, const PeerStatus &status) const {
  const auto &members = rooms_.at(peer.room);
  return std::any_of(members.begin(), members.end(), [&](const std::string &id) {
    const auto &other = peers_.at(id).status;
    const bool ghost = !other.instance.empty() && other.instance == status.instance;
    return id != peer.id && other.roles.producer && other.name == status.name && !ghost;
  });
}

// The same publisher on another connection: it came back before its old connection was missed.
void Rooms::drop_ghosts(const Peer &peer, const std::string &instance, Outbox &out) {
  if (instance.empty()) return;
  const auto members = rooms_.at(peer.room);
  for (const auto &id : members) {
    if (id == peer.id || peers_.at(id).status.instance != instance) continue;
    remove(id, true, out);
    out.push_back({id, "", true});
  }
}

void Rooms::announce(const Peer &peer, const PeerStatus &status, Outbox &out) const {
  const auto text = write_peer_status_changed(status);
  for (const auto &id : rooms_.at(peer.room))
    if (id != peer.id && peers_.at(id).status.roles.listener) out.push_back({id, text});
}

Rooms::Done Rooms::handle(Peer &peer, const StartSession &message, Outbox &out) {
  const auto found = peers_.find(message.peer);
  if (found == peers_.end() || found->second.room != peer.room)
    return refused("startSession: there is no peer \"" + message.peer + "\" in this room");
  auto &other = found->second;
  if (&other == &peer) return refused("startSession: a peer has no session with itself");
  const bool to_producer = other.status.roles.producer;
  if (!to_producer && !other.status.roles.consumer)
    return refused("startSession: peer \"" + message.peer + "\" is neither producer nor consumer");
  if (!to_producer && message.offer)
    return refused("startSession: an offer is for a producer to answer, and peer \"" +
                   message.peer + "\" is none");

  auto &producer = to_producer ? other : peer;
  auto &consumer = to_producer ? peer : other;
  const auto as_consumer = std::count_if(
      consumer.sessions.begin(), consumer.sessions.end(),
      [&](const std::string &id) { return sessions_.at(id).consumer == consumer.id; });
  if (static_cast<size_t>(as_consumer) >= max_sessions_as_consumer)
    return refused("startSession: peer \"" + consumer.id + "\" has too many sessions");

  const auto id = settings_.new_id();
  sessions_[id] = {producer.id, consumer.id};
  producer.sessions.insert(id);
  consumer.sessions.insert(id);
  out.push_back({consumer.id, write(SessionStarted{producer.id, id})});
  out.push_back({producer.id, write(StartSession{consumer.id, id, message.offer,
                                                 to_producer && message.takes_parity})});
  return true;
}

Rooms::Session *Rooms::session_of(const Peer &peer, const std::string &session) {
  const auto found = sessions_.find(session);
  return found != sessions_.end() && peer.sessions.contains(session) ? &found->second : nullptr;
}

Rooms::Done Rooms::handle(Peer &peer, const EndSession &message, Outbox &out) {
  if (!message.error.empty() && peer.version == Version::v1_0)
    return refused("endSessionV1_1: \"error\" needs setProtocolVersion with \"v1_1\" first");
  if (session_of(peer, message.session)) {
    end(message.session, peer.id, message.error, false, out);
    return true;
  }
  if (std::count(peer.ended.begin(), peer.ended.end(), message.session)) return true;
  return refused("endSession: there is no session \"" + message.session + "\"");
}

Rooms::Done Rooms::handle(Peer &peer, const PeerMessage &message, Outbox &out) {
  const auto *session = session_of(peer, message.session);
  if (!session && std::count(peer.ended.begin(), peer.ended.end(), message.session)) return true;
  if (!session) return refused("peer: there is no session \"" + message.session + "\"");
  const auto *description = std::get_if<Description>(&message.message);
  // In a call both sides offer.
  const auto producer = peers_.find(session->producer);
  const bool call = producer != peers_.end() && producer->second.status.calls;
  if (description && description->type == Description::Type::offer &&
      peer.id != session->producer && !call)
    return refused("peer: only the producer of a session sends offers, and \"" + peer.id +
                   "\" is not the producer of \"" + message.session + "\"");
  out.push_back({session->other(peer.id), write(message)});
  return true;
}

Rooms::Done Rooms::handle(Peer &peer, const ListRequest &message, Outbox &out) {
  PeerList list{message.consumers, {}};
  for (const auto &id : rooms_.at(peer.room)) {
    const auto &status = peers_.at(id).status;
    if (message.consumers ? status.roles.consumer : status.roles.producer)
      list.peers.push_back({id, status.meta, status.name});
  }
  out.push_back({peer.id, write(list)});
  return true;
}

Rooms::Done Rooms::handle(Peer &peer, const IceRequest &, Outbox &out) {
  out.push_back({peer.id, write(ice_for(peer.id))});
  return true;
}

IceOffer Rooms::ice_for(const std::string &peer) const {
  return settings_.ice ? settings_.ice(peer) : IceOffer();
}

void Rooms::end(const std::string &id, const std::string &by, const std::string &error, bool lost,
                Outbox &out) {
  const auto session = sessions_.extract(id).mapped();
  for (const auto &peer : {session.producer, session.consumer}) {
    auto &end = peers_.at(peer);
    end.sessions.erase(id);
    if (end.ended.size() >= max_remembered_ends) end.ended.erase(end.ended.begin());
    end.ended.push_back(id);
  }
  const auto &other = peers_.at(session.other(by));
  out.push_back({other.id, write(EndSession{id, error, lost}, other.version)});
}

void Rooms::remove(const std::string &id, bool lost, Outbox &out) {
  for (const auto &session : std::set(peers_.at(id).sessions)) end(session, id, "", lost, out);
  const auto peer = peers_.extract(id).mapped();
  auto &members = rooms_.at(peer.room);
  std::erase(members, id);
  auto gone = peer.status;
  gone.roles = {};
  gone.lost = lost;
  announce(peer, gone, out);
  if (members.empty()) rooms_.erase(peer.room);
}

}  // namespace rtc
