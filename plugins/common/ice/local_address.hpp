// Which addresses of this machine ICE uses: what the property ice-interfaces says, and the rule
// where it says nothing. Pure but for local_addresses().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace rtc {

struct LocalAddress {
  std::string interface;
  std::string address;
  bool ipv6 = false;
  bool loopback = false;
  bool link_local = false;  // IPv6 only
};

// Those of the interfaces that are up.
std::vector<LocalAddress> local_addresses();

// An allow and deny list: interface names, with a trailing "*" for all that begin so, or addresses;
// "!" in front denies. With nothing allowed by name everything is, but what is denied.
class InterfaceFilter {
 public:
  static Result<InterfaceFilter> parse(std::string_view text);

  bool empty() const { return allowed_.empty() && denied_.empty(); }
  bool allows(const LocalAddress &address) const;
  // Names it as wanted, rather than only not denying it.
  bool asks_for(const LocalAddress &address) const;
  const std::string &text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> allowed_;
  std::vector<std::string> denied_;
};

// The addresses to gather host candidates on; an Error names what there was. Loopback is left out
// unless the filter asks for it or the machine has nothing else, bridges of containers and virtual
// machines unless it asks for them or there is nothing else.
Result<std::vector<std::string>> choose_addresses(const std::vector<LocalAddress> &all,
                                                  const InterfaceFilter &filter, bool ipv6);

}  // namespace rtc
