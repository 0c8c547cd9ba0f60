#include "element_error.hpp"

namespace rtc {

namespace {

struct Code {
  GQuark domain;
  gint code;
};

Code code_of(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::settings:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
    case Error::Kind::not_found:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case Error::Kind::refused:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED};
    case Error::Kind::missing_element:
      return {GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN};
    case Error::Kind::protocol:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE};
    case Error::Kind::failed:
      break;
  }
  return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
}

void post(GstElement *element, GstMessageType type, const Error &error) {
  const auto code = code_of(error.kind);
  gst_element_message_full(element, type, code.domain, code.code, g_strdup(error.message.c_str()),
                           g_strdup(error.detail.c_str()), __FILE__, GST_FUNCTION, __LINE__);
}

}  // namespace

void post_error(GstElement *element, const Error &error) {
  post(element, GST_MESSAGE_ERROR, error);
}

void post_warning(GstElement *element, const Error &error) {
  post(element, GST_MESSAGE_WARNING, error);
}

}  // namespace rtc
