#include "ice/resolve.hpp"

namespace rtc {

namespace {

std::vector<std::string> to_text(GList *addresses) {
  std::vector<std::string> texts;
  for (auto *item = addresses; item; item = item->next)
    texts.emplace_back(CharPtr(g_inet_address_to_string(G_INET_ADDRESS(item->data))).get());
  g_resolver_free_addresses(addresses);
  return texts;
}

}  // namespace

Resolve::Resolve(const std::string &host, Done done)
    : cancellable_(adopt(g_cancellable_new())), done_(std::make_shared<Done>(std::move(done))) {
  using Holder = std::weak_ptr<Done>;
  const GAsyncReadyCallback ready = [](GObject *source, GAsyncResult *result, gpointer data) {
    const std::unique_ptr<Holder> holder(static_cast<Holder *>(data));
    GError *raw = nullptr;
    const auto found = to_text(g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &raw));
    const ErrorPtr error(raw);
    const auto wanted = holder->lock();
    if (!wanted) return;
    if (error)
      (*wanted)(Error{Error::Kind::not_found, error->message, "DNS"});
    else
      (*wanted)(found);
  };
  const auto resolver = adopt(g_resolver_get_default());
  g_resolver_lookup_by_name_async(resolver.get(), host.c_str(), cancellable_.get(), ready,
                                  new Holder(done_));
}

Resolve::~Resolve() { g_cancellable_cancel(cancellable_.get()); }

}  // namespace rtc
