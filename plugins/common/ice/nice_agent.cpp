#include "ice/nice_agent.hpp"

#include <gst/webrtc/webrtc.h>
#include <nice/nice.h>
#include <sys/socket.h>

#include <memory>

#include "base/ref.hpp"

namespace rtc {

namespace {

// RFC 8445 section 5.1.2.2; libnice ranks its relays by the way to them: 30 over UDP, 20 over TCP.
constexpr unsigned type_preference_udp_relay = 30;

std::string in_uri(const std::string &host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

Ref<GObject> object_property(gpointer object, const char *name) {
  GObject *value = nullptr;
  if (object && g_object_class_find_property(G_OBJECT_GET_CLASS(object), name))
    g_object_get(object, name, &value, nullptr);
  return adopt(value);
}

Ref<GObject> agent_of(GstElement *webrtcbin) {
  return object_property(object_property(webrtcbin, "ice-agent").get(), "agent");
}

std::string address_text(const NiceAddress &address) {
  char text[NICE_ADDRESS_STRING_LEN];
  nice_address_to_string(&address, text);
  return in_uri(text) + ":" + std::to_string(nice_address_get_port(&address));
}

const char *type_text(NiceCandidateType type) {
  switch (type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return "host";
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return "srflx";
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return "prflx";
    case NICE_CANDIDATE_TYPE_RELAYED:
      break;
  }
  return "relay";
}

SelectedPair pair_of(const NiceCandidate &local, const NiceCandidate &remote) {
  SelectedPair pair;
  pair.local_type = type_text(local.type);
  pair.remote_type = type_text(remote.type);
  pair.protocol = local.transport == NICE_CANDIDATE_TRANSPORT_UDP ? "udp" : "tcp";
  pair.local_address = address_text(local.addr);
  pair.remote_address = address_text(remote.addr);
  if (local.type == NICE_CANDIDATE_TYPE_RELAYED) {
    NiceAddress relay;
    nice_candidate_relay_address(&local, &relay);
    pair.relay_port = nice_address_get_port(&relay);
    pair.relay_protocol = local.priority >> 24 == type_preference_udp_relay ? "udp" : "tcp";
  }
  return pair;
}

// What waits in a socket while this process gets no turn: all that a data channel has under way
// (SCTP's window is 1 MiB, and the kernel counts about twice the payload). By default it is some
// ninety packets, and SCTP takes 200 ms to a second to notice that the last ones of a burst are
// missing. The kernel gives what net.core.rmem_max allows.
constexpr int receive_buffer = 2 * 1024 * 1024;

void widen_socket(NiceAgent *agent, guint stream, guint component) {
  const auto socket = adopt(nice_agent_get_selected_socket(agent, stream, component));
  if (socket) g_socket_set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, receive_buffer, nullptr);
}

}  // namespace

void set_agent_options(GstElement *webrtcbin, const IceSettings &settings,
                       const std::vector<std::string> &local_addresses) {
  if (settings.relay_only)
    g_object_set(webrtcbin, "ice-transport-policy", GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, nullptr);
  const auto ice = object_property(webrtcbin, "ice-agent");
  const auto agent = agent_of(webrtcbin);
  if (!agent) return;
  if (!settings.ports.any())
    g_object_set(ice.get(), "min-rtp-port", settings.ports.low, "max-rtp-port", settings.ports.high,
                 nullptr);
  for (const auto &text : local_addresses) {
    NiceAddress address;
    nice_address_init(&address);
    if (nice_address_set_from_string(&address, text.c_str()))
      nice_agent_add_local_address(NICE_AGENT(agent.get()), &address);
  }
  // libnice waits 20 ms between two checks by default, which is most of the time a connection takes
  // on a short path; RFC 8445 section 14.2 allows 5 ms. With one pair that works it waits until all
  // others have failed, the hopeless ones behind a firewall too, so their three tries are to be
  // over soon. UPnP would add its discovery to gathering.
  //
  // Consent (RFC 7675) is checked every 4 to 6 s and expires after 50 s. The `consent-freshness` of
  // libnice (0.1.21) would let it expire after 10 s instead of 30, so that one lost answer may end
  // a connection; a peer that is not heard at all is let go of after 30 s anyway (path_health.hpp).
  g_object_set(agent.get(), "stun-pacing-timer", 5u, "stun-initial-timeout", 250u, "upnp", FALSE,
               "ice-tcp", gboolean(settings.tcp), "keepalive-conncheck", TRUE, nullptr);
}

bool has_local_candidates(GstElement *webrtcbin) {
  const auto agent = agent_of(webrtcbin);
  constexpr guint first_stream = 1;  // the only one: everything is bundled
  auto *candidates = agent ? nice_agent_get_local_candidates(NICE_AGENT(agent.get()), first_stream,
                                                             NICE_COMPONENT_TYPE_RTP)
                           : nullptr;
  const bool any = candidates || !agent;
  g_slist_free_full(candidates, reinterpret_cast<GDestroyNotify>(nice_candidate_free));
  return any;
}

// libnice looks for another check to send every `stun-pacing-timer`, and stops only when there was
// none for this time, 5 s by default: a thousand wakeups for each connection.
void end_checks_soon(GstElement *webrtcbin) {
  constexpr guint least = 50;  // ms
  if (const auto agent = agent_of(webrtcbin))
    g_object_set(agent.get(), "idle-timeout", least, nullptr);
}

void watch_pair(GstElement *webrtcbin, std::function<void(SelectedPair)> changed) {
  const auto agent = agent_of(webrtcbin);
  if (!agent) return;
  using Function = std::function<void(SelectedPair)>;
  // What comes with the signal are copies, which have lost their relay (libnice 0.1.21); the
  // originals belong to this thread.
  const auto handler = +[](NiceAgent *nice, guint stream, guint component, NiceCandidate *,
                           NiceCandidate *, gpointer data) {
    widen_socket(nice, stream, component);
    NiceCandidate *local = nullptr, *remote = nullptr;
    if (nice_agent_get_selected_pair(nice, stream, component, &local, &remote))
      (*static_cast<Function *>(data))(pair_of(*local, *remote));
  };
  g_signal_connect_data(
      agent.get(), "new-selected-pair-full", G_CALLBACK(handler), new Function(std::move(changed)),
      [](gpointer data, GClosure *) { delete static_cast<Function *>(data); }, GConnectFlags(0));
}

void release_relays(GstElement *webrtcbin) {
  const auto agent = agent_of(webrtcbin);
  if (!agent) return;
  // The answer comes to the context of this thread.
  const auto context = adopt(g_main_context_new());
  g_main_context_push_thread_default(context.get());
  using Flag = std::shared_ptr<bool>;
  const auto done = std::make_shared<bool>(false), expired = std::make_shared<bool>(false);
  nice_agent_close_async(
      NICE_AGENT(agent.get()),
      [](GObject *, GAsyncResult *, gpointer data) {
        const std::unique_ptr<Flag> flag(static_cast<Flag *>(data));
        **flag = true;
      },
      new Flag(done));
  const auto timer = adopt(g_timeout_source_new(500));
  g_source_set_callback(
      timer.get(),
      [](gpointer data) -> gboolean {
        **static_cast<Flag *>(data) = true;
        return G_SOURCE_REMOVE;
      },
      new Flag(expired), [](gpointer data) { delete static_cast<Flag *>(data); });
  g_source_attach(timer.get(), context.get());
  while (!*done && !*expired) g_main_context_iteration(context.get(), TRUE);
  g_source_destroy(timer.get());
  g_main_context_pop_thread_default(context.get());
}

}  // namespace rtc
