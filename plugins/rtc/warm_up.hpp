// Does what the first connection of a process would otherwise wait for.
#pragma once

namespace rtc {

// Loads the plugins of a connection and makes the RSA key of the DTLS plugin (300 ms, once per
// process) on a thread of its own; returns at once. Later calls do nothing.
void warm_up();

// Waits until that is done, for an element on its way to NULL: a process that exits while OpenSSL
// makes a key crashes in it.
void finish_warm_up();

}  // namespace rtc
