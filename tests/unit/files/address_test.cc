#include "offramp/files/address.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(AddressTest, TakesHostsAndPorts) {
  EXPECT_EQ(ParseAddress("127.0.0.1:0")->port, 0);
  EXPECT_EQ(ParseAddress("127.0.0.1:65535")->host, "127.0.0.1");
  EXPECT_EQ(ParseAddress("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseAddress("edge-7.example:8000")->host, "edge-7.example");
  EXPECT_EQ(ParseAddress("0.0.0.0:1")->host, "0.0.0.0");
}

TEST(AddressTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           ":",
                           ":80",
                           "localhost",
                           "localhost:",
                           "localhost:x",
                           "localhost:-1",
                           "localhost:65536",
                           "localhost:8 ",
                           "1.2.3:80",
                           "1.2.3.4.5:80",
                           "256.0.0.1:80",
                           "::1:80",
                           "[::1]",
                           "[]:80",
                           "[::g]:80",
                           "a_b:80",
                           "-a:80",
                           ".a:80",
                           "a b:80",
                           "http://a:80"}) {
    EXPECT_FALSE(ParseAddress(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseAddress(std::string(300, 'a') + ":80").has_value());
}

TEST(AddressTest, KnowsLoopback) {
  for (const char* text : {"127.0.0.1:0", "127.255.0.9:80", "[::1]:80", "localhost:80"}) {
    EXPECT_TRUE(IsLoopback(text)) << text;
  }
  for (const char* text : {"0.0.0.0:80", "[::]:80", "10.0.0.1:80", "128.0.0.1:80", "example:80",
                           "127.0.0.1.example:80", "rubbish"}) {
    EXPECT_FALSE(IsLoopback(text)) << text;
  }
}

}  // namespace
}  // namespace offramp
