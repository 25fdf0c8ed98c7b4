// How the parts of a fleet fit together: names, stages, links, and the views on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/files/fleet.h"
#include "offramp/model/bundle.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two gateways, stages of two and one node; `links` from line 9 on.
std::string FleetWith(const std::string& links) {
  return "version: 1\n"
         "model: {bundle: x}\n"
         "gateways: [{name: gw0}, {name: gw1}]\n"
         "nodes:\n"
         "  - {name: a, stage: 1}\n"
         "  - {name: b, stage: 1}\n"
         "  - {name: c, stage: 2}\n" +
         (links.empty() ? "" : "links:\n" + links);
}

constexpr const char* kAllLinks =
    "  - {from: gw0, to: a}\n"
    "  - {from: gw1, to: b, mbit_per_s: 5, latency_ms: 2}\n"
    "  - {from: gw1, to: a}\n"
    "  - {from: a, to: c}\n"
    "  - {from: b, to: c}\n";

Fleet Parse(const std::string& text) {
  Result<Fleet> fleet = ParseFleet(text, "fleet.yaml");
  EXPECT_TRUE(fleet.ok()) << fleet.status();
  return fleet.ok() ? *std::move(fleet) : Fleet();
}

std::string ErrorOf(const std::string& text) {
  return ParseFleet(text, "fleet.yaml").status().message();
}

std::vector<std::string> Receivers(const Fleet& fleet, const std::string& name) {
  std::vector<std::string> names;
  for (const FleetLink& link : fleet.LinksFrom(name)) names.push_back(link.to);
  return names;
}

TEST(FleetPartsTest, WithoutLinksEverybodyReachesTheNextStage) {
  const Fleet fleet = Parse(FleetWith(""));
  EXPECT_THAT(Receivers(fleet, "gw0"), ElementsAre("a", "b"));
  EXPECT_THAT(Receivers(fleet, "b"), ElementsAre("c"));
  EXPECT_THAT(Receivers(fleet, "c"), IsEmpty());
  EXPECT_THAT(Receivers(fleet, "nobody"), IsEmpty());
  EXPECT_THAT(fleet.OffloadersOf("a"), ElementsAre("gw0", "gw1"));
  EXPECT_THAT(fleet.OffloadersOf("c"), ElementsAre("a", "b"));
  EXPECT_THAT(fleet.OffloadersOf("gw0"), IsEmpty());
}

TEST(FleetPartsTest, LinksLimitWhoReachesWhomInTheOrderOfTheNodes) {
  const Fleet fleet = Parse(FleetWith(kAllLinks));
  EXPECT_THAT(Receivers(fleet, "gw0"), ElementsAre("a"));
  EXPECT_THAT(Receivers(fleet, "gw1"), ElementsAre("a", "b"));
  EXPECT_EQ(fleet.LinksFrom("gw1")[1].mbit_per_s, 5);
  EXPECT_EQ(fleet.LinksFrom("gw1")[1].latency_ms, 2);
  EXPECT_THAT(fleet.OffloadersOf("b"), ElementsAre("gw1"));
}

TEST(FleetPartsTest, PartsAreFoundByName) {
  const Fleet fleet = Parse(FleetWith(""));
  EXPECT_EQ(fleet.FindNode("c")->stage, 2);
  EXPECT_EQ(fleet.FindNode("gw0"), nullptr);
  EXPECT_EQ(fleet.FindGateway("gw1"), &fleet.gateways[1]);
  EXPECT_EQ(fleet.FindGateway("c"), nullptr);
}

TEST(FleetPartsTest, NamesAreDistinctOverTheWholeFleet) {
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {bundle: x}\ngateways: [{name: gw0}]\nnodes:\n"
                    "  - {name: a, stage: 1}\n  - {name: a, stage: 1}\n"),
            "fleet.yaml:6: nodes[1].name: the name \"a\" is taken, expected another");
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {bundle: x}\ngateways: [{name: a}]\nnodes:\n"
                    "  - {name: a, stage: 1}\n"),
            "fleet.yaml:5: nodes[0].name: the name \"a\" is taken, expected another");
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {bundle: x}\ngateways: [{name: a}, {name: a}]\nnodes:\n"
                    "  - {name: b, stage: 1}\n"),
            "fleet.yaml:3: gateways[1].name: the name \"a\" is taken, expected another");
}

TEST(FleetPartsTest, EveryStageHasANode) {
  EXPECT_EQ(ErrorOf("version: 1\nmodel: {bundle: x}\ngateways: [{name: gw0}]\nnodes:\n"
                    "  - {name: a, stage: 1}\n  - {name: b, stage: 3}\n"),
            "fleet.yaml:5: nodes: stage 2 has no node, expected one for every stage from 1 to 3");
}

TEST(FleetPartsTest, LinksJoinKnownPartsOfNeighbouringStages) {
  const std::string all = kAllLinks;
  EXPECT_EQ(ErrorOf(FleetWith(all + "  - {from: gw2, to: a}\n")),
            "fleet.yaml:14: links[5].from: is \"gw2\", expected the name of a gateway or node; did "
            "you mean \"gw0\"?");
  EXPECT_EQ(ErrorOf(FleetWith(all + "  - {from: gw0, to: elsewhere}\n")),
            "fleet.yaml:14: links[5].to: is \"elsewhere\", expected the name of a gateway or node");
  EXPECT_EQ(
      ErrorOf(FleetWith(all + "  - {from: gw0, to: c}\n")),
      "fleet.yaml:14: links[5]: goes from a gateway to a node of stage 2, expected one to the "
      "next stage");
  EXPECT_EQ(ErrorOf(FleetWith(all + "  - {from: a, to: b}\n")),
            "fleet.yaml:14: links[5]: goes from a node of stage 1 to a node of stage 1, expected "
            "one to the next stage");
  EXPECT_EQ(
      ErrorOf(FleetWith(all + "  - {from: c, to: gw0}\n")),
      "fleet.yaml:14: links[5]: goes from a node of stage 2 to a gateway, expected one to the "
      "next stage");
  EXPECT_EQ(ErrorOf(FleetWith(all + "  - {from: a, to: c}\n")),
            "fleet.yaml:14: links[5]: goes from \"a\" to \"c\" as an earlier one does, expected "
            "each once");
  EXPECT_EQ(ErrorOf(FleetWith(all + "  - {from: a, to: c, latency_ms: -1}\n")),
            "fleet.yaml:14: links[5].latency_ms: is \"-1\", expected a number from 0 to 60000");
}

TEST(FleetPartsTest, LinksLeaveNobodyOut) {
  EXPECT_EQ(ErrorOf(FleetWith("  - {from: gw0, to: a}\n  - {from: gw1, to: a}\n"
                              "  - {from: a, to: c}\n  - {from: b, to: c}\n")),
            "fleet.yaml:9: links: nothing leads to node \"b\", expected a link from the stage "
            "before it");
  EXPECT_EQ(
      ErrorOf(FleetWith("  - {from: gw0, to: a}\n  - {from: gw0, to: b}\n"
                        "  - {from: a, to: c}\n  - {from: b, to: c}\n")),
      "fleet.yaml:9: links: nothing leads from \"gw1\", expected a link to a node of stage 1");
  EXPECT_EQ(ErrorOf(FleetWith("  - {from: gw0, to: a}\n  - {from: gw1, to: b}\n"
                              "  - {from: a, to: c}\n")),
            "fleet.yaml:9: links: nothing leads from \"b\", expected a link to a node of stage 2");
  EXPECT_EQ(ErrorOf(FleetWith("") + "links: []\n"),
            "fleet.yaml:8: links: nothing leads to node \"a\", expected a link from the stage "
            "before it");
}

TEST(FleetPartsTest, LoopbackAddressesAreDistinct) {
  EXPECT_EQ(
      ErrorOf("version: 1\nmodel: {bundle: x}\n"
              "gateways: [{name: g, http: \"127.0.0.1:80\", grpc: \"127.0.0.1:80\"}]\n"
              "nodes: [{name: a, stage: 1}]\n"),
      "fleet.yaml:1: g.grpc: is \"127.0.0.1:80\" like g.http, expected an address of its own");
}

TEST(FleetPartsTest, AFleetServesTheStagesOfItsBundle) {
  const Fleet fleet = Parse(FleetWith(""));
  Bundle bundle;
  bundle.name = "m";
  bundle.stages.resize(2);
  EXPECT_TRUE(CheckFleetFits(fleet, bundle).ok());
  bundle.stages.resize(3);
  const Status status = CheckFleetFits(fleet, bundle);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), fleet.path +
                                  ": nodes: serve stages 1 to 2, expected 1 to 3: those of "
                                  "the bundle \"m\"");
}

}  // namespace
}  // namespace offramp
