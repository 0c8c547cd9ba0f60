#include "ice/stun_client.hpp"

#include <array>
#include <cstring>
#include <memory>

namespace rtc {

namespace {

constexpr int max_stale = 3;           // a nonce that is stale again and again never gets fresh
constexpr uint32_t udp = 17u << 24;    // RFC 8656 section 18.7
constexpr size_t max_reason = 128;     // RFC 8489 section 14.8
constexpr size_t max_challenge = 763;  // bytes of a realm or nonce, sections 14.9 and 14.10

StunMethod method_of(StunRequest::Kind kind) {
  switch (kind) {
    case StunRequest::Kind::binding:
      return STUN_BINDING;
    case StunRequest::Kind::allocate:
      return STUN_ALLOCATE;
    case StunRequest::Kind::refresh:
      return STUN_REFRESH;
    case StunRequest::Kind::permission:
      return STUN_CREATEPERMISSION;
  }
  return STUN_BINDING;
}

std::string find(const StunMessage &message, StunAttribute attribute) {
  uint16_t size = 0;
  const auto *bytes = stun_message_find(&message, attribute, &size);
  return bytes ? std::string(static_cast<const char *>(bytes), size) : std::string();
}

IpPort find_address(const StunMessage &message, StunAttribute attribute) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const auto found = stun_message_find_xor_addr(&message, attribute, &address, &size);
  return found == STUN_MESSAGE_RETURN_SUCCESS ? to_ip_port(address) : IpPort{};
}

// Servers older than RFC 5389 know no other.
IpPort find_plain_address(const StunMessage &message) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const auto found =
      stun_message_find_addr(&message, STUN_ATTRIBUTE_MAPPED_ADDRESS, &address, &size);
  return found == STUN_MESSAGE_RETURN_SUCCESS ? to_ip_port(address) : IpPort{};
}

// The server's words, made fit for a log and a terminal.
std::string find_reason(const StunMessage &message) {
  auto text = find(message, STUN_ATTRIBUTE_ERROR_CODE);
  text = text.size() > 4 ? text.substr(4, max_reason) : "";
  std::erase_if(text, [](char c) { return !g_ascii_isprint(c); });
  return text;
}

bool append(StunMessage &message, StunAttribute attribute, std::string_view bytes) {
  return stun_message_append_bytes(&message, attribute, bytes.data(), bytes.size()) ==
         STUN_MESSAGE_RETURN_SUCCESS;
}

bool append(StunMessage &message, const IpPort &peer) {
  sockaddr_storage address{};
  return to_native(peer, address) &&
         stun_message_append_xor_addr(&message, STUN_ATTRIBUTE_XOR_PEER_ADDRESS, &address,
                                      sizeof address) == STUN_MESSAGE_RETURN_SUCCESS;
}

StunEvent ignored(std::string reason) {
  StunEvent event;
  event.reason = std::move(reason);
  return event;
}

}  // namespace

// libnice does not count an attribute's padding against the size of the buffer.
struct StunClient::Writer {
  static constexpr size_t padding = 4;
  std::array<uint8_t, 4096> buffer;
  StunMessage message{};

  size_t size() const { return buffer.size() - padding; }
  std::string text(size_t size) const {
    return {reinterpret_cast<const char *>(buffer.data()), size};
  }
};

StunClient::StunClient(std::string username, std::string credential)
    : username_(std::move(username)), credential_(std::move(credential)) {
  stun_agent_init(&agent_, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  STUN_AGENT_USAGE_LONG_TERM_CREDENTIALS);
}

std::string StunClient::start(const StunRequest &request) {
  request_ = request;
  stale_ = 0;
  return write();
}

// Not by stun_usage_turn_create() and its kin: libnice exports none for permissions, and each would
// derive the key from what the server says (see authenticate()).
std::string StunClient::write() {
  if (pending_) {
    StunTransactionId id;
    std::memcpy(id, pending_->data(), sizeof id);
    stun_agent_forget_transaction(&agent_, id);
    pending_.reset();
  }
  Writer w;
  auto &message = w.message;
  bool written = stun_agent_init_request(&agent_, &message, w.buffer.data(), w.size(),
                                         method_of(request_.kind));
  if (request_.kind == StunRequest::Kind::allocate)
    written = written && stun_message_append32(&message, STUN_ATTRIBUTE_REQUESTED_TRANSPORT, udp) ==
                             STUN_MESSAGE_RETURN_SUCCESS;
  if (request_.kind == StunRequest::Kind::allocate || request_.kind == StunRequest::Kind::refresh)
    written = written && stun_message_append32(&message, STUN_ATTRIBUTE_LIFETIME,
                                               request_.lifetime) == STUN_MESSAGE_RETURN_SUCCESS;
  if (request_.kind == StunRequest::Kind::permission)
    written = written && append(message, request_.peer);
  authenticated_ = !realm_.empty() && request_.kind != StunRequest::Kind::binding;
  if (authenticated_) written = written && authenticate(message);
  const auto *key = reinterpret_cast<const uint8_t *>(credential_.data());
  const auto size =
      written ? stun_agent_finish_message(&agent_, &message, authenticated_ ? key : nullptr,
                                          authenticated_ ? credential_.size() : 0)
              : 0;
  if (size == 0) return {};
  StunTransactionId id;
  stun_message_id(&message, id);
  pending_ = std::string(reinterpret_cast<const char *>(id), sizeof id);
  return w.text(size);
}

// The key of RFC 8489 section 9.2.2 is made here: libnice's own function runs out of bounds for a
// realm without a character, which the server chooses, and takes quotes off the password.
bool StunClient::authenticate(StunMessage &message) {
  const auto text = username_ + ":" + realm_ + ":" + credential_;
  const std::unique_ptr<GChecksum, Freer<g_checksum_free>> sum(g_checksum_new(G_CHECKSUM_MD5));
  gsize size = sizeof message.long_term_key;
  g_checksum_update(sum.get(), reinterpret_cast<const guchar *>(text.data()),
                    static_cast<gssize>(text.size()));
  g_checksum_get_digest(sum.get(), message.long_term_key, &size);
  message.long_term_valid = true;
  return append(message, STUN_ATTRIBUTE_USERNAME, username_) &&
         append(message, STUN_ATTRIBUTE_REALM, realm_) &&
         append(message, STUN_ATTRIBUTE_NONCE, nonce_);
}

std::string StunClient::send_indication(const IpPort &peer, std::string_view data) {
  Writer w;
  if (!stun_agent_init_indication(&agent_, &w.message, w.buffer.data(), w.size(), STUN_IND_SEND) ||
      !append(w.message, peer) || !append(w.message, STUN_ATTRIBUTE_DATA, data))
    return {};
  return w.text(stun_agent_finish_message(&agent_, &w.message, nullptr, 0));
}

StunEvent StunClient::read(std::string_view bytes) {
  StunMessage message{};
  const auto valid =
      stun_agent_validate(&agent_, &message, reinterpret_cast<const uint8_t *>(bytes.data()),
                          bytes.size(), nullptr, nullptr);
  switch (valid) {
    case STUN_VALIDATION_SUCCESS:
      break;
    case STUN_VALIDATION_UNMATCHED_RESPONSE:
      return ignored("");
    case STUN_VALIDATION_UNKNOWN_ATTRIBUTE: {
      auto event = ignored("it needs something that is not known here");
      event.kind = StunEvent::Kind::refused;
      return event;
    }
    case STUN_VALIDATION_UNAUTHORIZED:
      return ignored("an answer is not signed with the password");
    default:
      return ignored("what it sends is not STUN");
  }
  switch (stun_message_get_class(&message)) {
    case STUN_RESPONSE:
      return read_answer(message);
    case STUN_ERROR:
      return read_error(message);
    case STUN_INDICATION:
      if (stun_message_get_method(&message) == STUN_IND_DATA) {
        StunEvent event;
        event.kind = StunEvent::Kind::data;
        event.peer = find_address(message, STUN_ATTRIBUTE_XOR_PEER_ADDRESS);
        event.bytes = find(message, STUN_ATTRIBUTE_DATA);
        return event;
      }
      return ignored("");
    default:
      return ignored("what it sends is no answer");
  }
}

StunEvent StunClient::read_answer(const StunMessage &message) {
  pending_.reset();
  StunEvent event;
  event.kind = StunEvent::Kind::success;
  event.authenticated = authenticated_;
  event.mapped = find_address(message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS);
  event.relayed = find_address(message, STUN_ATTRIBUTE_XOR_RELAYED_ADDRESS);
  if (!event.mapped) event.mapped = find_plain_address(message);
  const char *missing = request_.kind == StunRequest::Kind::binding && !event.mapped     ? "mapped"
                        : request_.kind == StunRequest::Kind::allocate && !event.relayed ? "relayed"
                                                                                         : nullptr;
  if (missing) {
    event.kind = StunEvent::Kind::refused;
    event.reason = std::string("its answer has no ") + missing + " address";
  }
  return event;
}

StunEvent StunClient::read_error(const StunMessage &message) {
  pending_.reset();
  StunEvent event;
  event.kind = StunEvent::Kind::refused;
  event.authenticated = authenticated_;
  event.reason = find_reason(message);
  if (stun_message_find_error(&message, &event.code) != STUN_MESSAGE_RETURN_SUCCESS) {
    event.reason = "it refuses without saying why";
    return event;
  }
  const bool challenged = event.code == STUN_ERROR_UNAUTHORIZED && !authenticated_;
  const bool stale = event.code == STUN_ERROR_STALE_NONCE && ++stale_ <= max_stale;
  if ((!challenged && !stale) || username_.empty() || !take_challenge(message)) return event;
  event.bytes = write();
  if (!event.bytes.empty()) event.kind = StunEvent::Kind::again;
  return event;
}

bool StunClient::take_challenge(const StunMessage &message) {
  const auto realm = find(message, STUN_ATTRIBUTE_REALM);
  const auto nonce = find(message, STUN_ATTRIBUTE_NONCE);
  // A server may leave the realm out when only the nonce is stale.
  if ((realm.empty() && realm_.empty()) || nonce.empty() || realm.size() > max_challenge ||
      nonce.size() > max_challenge)
    return false;
  if (!realm.empty()) realm_ = realm;
  nonce_ = nonce;
  return true;
}

}  // namespace rtc
