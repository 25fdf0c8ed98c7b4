// Serves FakeInferenceService on both protocols and prints where, as one JSON object; ends with its
// standard input, which takes commands of the tests (tests/clients), one a line:
//   cancelled | waiting | release | ready | not-ready | overload | relief
// The first two print how many requests were cancelled so far and how many are unanswered now, the
// others print "ok".
#include <cstdio>
#include <iostream>
#include <string>

#include "offramp/gateway/oip_grpc.h"
#include "offramp/gateway/oip_rest.h"
#include "offramp/wire/http_server.h"
#include "tests/fakes/fake_inference_service.h"

int main() {
  using namespace offramp;
  FakeInferenceService service;

  OipRest rest(service);
  auto http =
      HttpServer::Start("127.0.0.1:0", [&rest](HttpRequest request, HttpResponder responder) {
        rest.Handle(std::move(request), std::move(responder));
      });
  auto grpc = OipGrpc::Start("127.0.0.1:0", service);
  if (!http.ok() || !grpc.ok()) {
    std::cerr << http.status() << ' ' << grpc.status() << '\n';
    return 1;
  }
  std::printf("{\"http\": \"%s\", \"grpc\": \"%s\"}\n", (*http)->address().c_str(),
              (*grpc)->address().c_str());
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line == "release") service.Release();
    if (line == "ready") service.SetReady(true);
    if (line == "not-ready") service.SetReady(false);
    if (line == "overload") service.FailWith(UnavailableError("overloaded"), 1.5);
    if (line == "relief") service.FailWith(OkStatus());
    if (line == "cancelled") {
      std::printf("%zu\n", service.cancelled());
    } else if (line == "waiting") {
      std::printf("%zu\n", service.unanswered());
    } else {
      std::printf("ok\n");
    }
    std::fflush(stdout);
  }
  (*http)->Stop(1);
  (*grpc)->Stop(1);
  return 0;
}
