#include "base/json.hpp"

#include <gtest/gtest.h>

namespace rtc {
namespace {

std::string text_of(std::string_view json) {
  const auto value = parse_json(json);
  return value ? value->text().value_or("(no string)") : "(error)";
}

TEST(Json, ReadsEveryKind) {
  const std::string text = R"( {"a":[1,-2.5e+3,true,false,null,{}],"b":"x","n":null} )";
  const auto value = parse_json(text);
  ASSERT_TRUE(value);
  ASSERT_TRUE(value->find("a"));
  EXPECT_EQ(value->find("a")->items.size(), 6u);
  EXPECT_EQ(value->find("a")->raw, "[1,-2.5e+3,true,false,null,{}]");
  EXPECT_EQ(value->find("a")->items[0].integer(), 1);
  EXPECT_FALSE(value->find("a")->items[1].integer());
  EXPECT_TRUE(value->find("a")->items[2].is_true());
  EXPECT_FALSE(value->find("a")->items[3].is_true());
  EXPECT_EQ(value->find("b")->text(), "x");
  EXPECT_FALSE(value->find("n"));
  EXPECT_FALSE(value->find("missing"));
}

TEST(Json, DecodesStrings) {
  EXPECT_EQ(text_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(text_of(R"("\u00e9\u20ac\ud83d\ude00")"), "\u00e9\u20ac\U0001f600");
  // Half a pair is no character, but JavaScript sends it.
  EXPECT_EQ(text_of(R"("\ud83d")"), "\ufffd");
  EXPECT_EQ(text_of(R"("\ud83d\u0041")"), "\ufffdA");
  EXPECT_EQ(text_of(R"("\ude00\ud83d")"), "\ufffd\ufffd");
}

TEST(Json, TheLastOfEqualMembersCounts) {
  const auto value = parse_json(R"({"a":1,"a":2})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->find("a")->integer(), 2);
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char *text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "[1",
                           "[1,",
                           "[1,]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "nul",
                           "nulls",
                           "tru",
                           "1 2",
                           "01",
                           "1.",
                           "-",
                           ".5",
                           "1e",
                           "+1",
                           "0x10",
                           "\"",
                           "\"\\",
                           "\"\\u12\"",
                           "\"\\x\"",
                           "\"a\nb\"",
                           "/*c*/1",
                           "var x = {\"a\":1};",
                           "NaN",
                           "[1 2]"})
    EXPECT_FALSE(parse_json(text)) << text;
}

TEST(Json, BoundsTheNesting) {
  EXPECT_TRUE(parse_json(std::string(30, '[') + std::string(30, ']')));
  const auto deep = parse_json(std::string(200000, '[') + std::string(200000, ']'));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("nested too deeply"), std::string::npos);
  std::string objects;
  for (int i = 0; i < 100; i++) objects += "{\"a\":";
  EXPECT_FALSE(parse_json(objects));
}

TEST(Json, IntegersThatDoNotFitAreNone) {
  const std::string text = "123456789012345678901234567890";
  ASSERT_TRUE(parse_json(text));
  EXPECT_FALSE(parse_json(text)->integer());
}

TEST(Json, WritesWhatItReads) {
  const std::string all = std::string("a\"\\\n\r\t\x01\x7f", 8) + "\u00e9";
  EXPECT_EQ(text_of(json_quote(all)), all);
  EXPECT_EQ(JsonObject().add("a", "\"").add_raw("b", json_array({"1", "2"})).str(),
            R"({"a":"\"","b":[1,2]})");
  EXPECT_EQ(JsonObject().str(), "{}");
}

}  // namespace
}  // namespace rtc
