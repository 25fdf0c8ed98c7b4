// Where a part is looked for: what it wrote itself, before what the file says.
#include "offramp/daemon/address_book.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "offramp/files/run_state.h"

namespace offramp {
namespace {

class AddressBookTest : public ::testing::Test {
 protected:
  AddressBookTest()
      : folder_(::testing::TempDir() + "/offramp-address-book-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    EXPECT_TRUE(MakeStateDir(folder_).ok());
    fleet_.nodes.resize(2);
    fleet_.nodes[0].name = "any";
    fleet_.nodes[1].name = "fixed";
    fleet_.nodes[1].listen = "127.0.0.1:4711";
  }
  ~AddressBookTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& address, std::uint64_t incarnation) {
    PartFile part;
    part.name = name;
    part.role = "node";
    part.stage = 1;
    part.process = ThisProcess();
    part.incarnation = incarnation;
    part.address = address;
    EXPECT_TRUE(WritePart(folder_, part).ok());
  }

  std::string folder_;
  Fleet fleet_;
};

TEST_F(AddressBookTest, APartWithoutAFixedPortIsFoundOnceItHasWritten) {
  const AddressBook find = MakeAddressBook(fleet_, folder_);
  EXPECT_EQ(find("any"), std::nullopt);
  EXPECT_EQ(find("fixed"), "127.0.0.1:4711");
  EXPECT_EQ(find("nobody"), std::nullopt);
  Write("any", "127.0.0.1:40001", 1);
  EXPECT_EQ(find("any"), "127.0.0.1:40001");
}

TEST_F(AddressBookTest, ARestartOnAnotherPortAndAnEndAreSeen) {
  const AddressBook find = MakeAddressBook(fleet_, folder_);
  Write("any", "127.0.0.1:40001", 1);
  EXPECT_EQ(find("any"), "127.0.0.1:40001");
  Write("any", "127.0.0.1:40002", 2);
  EXPECT_EQ(find("any"), "127.0.0.1:40002");
  RemovePart(folder_, "any", 1);  // the older one's end says nothing of the newer
  EXPECT_EQ(find("any"), "127.0.0.1:40002");
  RemovePart(folder_, "any", 2);
  EXPECT_EQ(find("any"), std::nullopt);
}

}  // namespace
}  // namespace offramp
