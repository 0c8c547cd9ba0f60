#include "ice/mdns.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
// The lookups share GLib's threads with others, and each may take seconds.
constexpr unsigned max_under_way = 4;
// A system without mDNS resolves none of them.
constexpr unsigned max_failures = 8;
constexpr size_t address_field = 4;  // RFC 8839 section 5.1
}  // namespace

MdnsResolver::~MdnsResolver() { g_cancellable_cancel(state_->cancellable.get()); }

void MdnsResolver::resolve(const std::string &candidate, std::function<void(std::string)> done) {
  auto fields = split(candidate, ' ');
  if (fields.size() <= address_field || state_->under_way >= max_under_way ||
      state_->failures >= max_failures)
    return;
  struct Lookup {
    std::shared_ptr<State> state;
    std::vector<std::string> fields;
    std::function<void(std::string)> done;
  };
  state_->under_way++;
  const auto name = fields[address_field];
  const auto resolver = adopt(g_resolver_get_default());
  g_resolver_lookup_by_name_async(
      resolver.get(), name.c_str(), state_->cancellable.get(),
      [](GObject *source, GAsyncResult *result, gpointer data) {
        const std::unique_ptr<Lookup> lookup(static_cast<Lookup *>(data));
        auto *addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, nullptr);
        auto &state = *lookup->state;
        state.under_way--;
        state.failures = addresses ? 0 : state.failures + 1;
        if (!addresses) return;
        if (!g_cancellable_is_cancelled(state.cancellable.get())) {
          const CharPtr text(g_inet_address_to_string(G_INET_ADDRESS(addresses->data)));
          lookup->fields[address_field] = text.get();
          lookup->done(join(lookup->fields, " "));
        }
        g_resolver_free_addresses(addresses);
      },
      new Lookup{state_, std::move(fields), std::move(done)});
}

}  // namespace rtc
