// Calls that are answered where they arrive: one message in, one out.
#pragma once

#include <memory>
#include <utility>

#include "offramp/base/status.h"
#include "offramp/gateway/grpc_call.h"
#include "offramp/gateway/grpc_server.h"

namespace offramp {

// `Service` is the generated class that declares the method.
template <typename Service, typename Message, typename Response>
class GrpcUnary final : public GrpcCall {
 public:
  using Method = void (Service::*)(grpc::ServerContext*, Message*,
                                   grpc::ServerAsyncResponseWriter<Response>*,
                                   grpc::CompletionQueue*, grpc::ServerCompletionQueue*, void*);
  // Fills the response, which is sent if the status is OK.
  using Handler = Status (*)(GrpcServer&, const Message&, Response&);

  GrpcUnary(std::shared_ptr<GrpcServer> server, Service* service, Method method, Handler handler)
      : GrpcCall(std::move(server)),
        service_(service),
        method_(method),
        handler_(handler),
        writer_(&context()),
        finish_op_(this, [](bool) {}) {}

 protected:
  void Request(void* tag) override {
    (service_->*method_)(&context(), &message_, &writer_, server().queue(), server().queue(), tag);
  }

  std::shared_ptr<GrpcCall> Another() const override {
    return std::make_shared<GrpcUnary>(shared_server(), service_, method_, handler_);
  }

  void Begin() override {
    Response response;
    const Status status = handler_(server(), message_, response);
    writer_.Finish(response, ToGrpcStatus(status), finish_op_.Start());
  }

 private:
  Service* const service_;  // the server's
  const Method method_;
  const Handler handler_;
  Message message_;
  grpc::ServerAsyncResponseWriter<Response> writer_;
  Op finish_op_;
};

// Answers every call of one method with `handler`.
template <typename Owner, typename Service, typename Request, typename Response>
void ServeUnary(const std::shared_ptr<GrpcServer>& server, Owner& owner,
                void (Service::*method)(grpc::ServerContext*, Request*,
                                        grpc::ServerAsyncResponseWriter<Response>*,
                                        grpc::CompletionQueue*, grpc::ServerCompletionQueue*,
                                        void*),
                Status (*handler)(GrpcServer&, const Request&, Response&)) {
  std::make_shared<GrpcUnary<Service, Request, Response>>(server, &owner, method, handler)->Ask();
}

}  // namespace offramp
