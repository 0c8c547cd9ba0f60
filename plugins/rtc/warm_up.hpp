// Does what the first connection of a process would otherwise wait for.
#pragma once

namespace rtc {

// Loads the plugins of a connection and makes the RSA key of the DTLS plugin (300 ms, once per
// process) on a thread of its own; returns at once. Later calls do nothing.
void warm_up();

}  // namespace rtc
