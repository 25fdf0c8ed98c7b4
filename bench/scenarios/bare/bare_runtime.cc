// bare_runtime: the same stages in one process by ONNX Runtime alone, the yardstick of
// throughput.py. Threads share the sessions; each takes a request of some rows through all stages,
// and with a threshold lets the rows that are sure enough leave at an exit, as a fleet would.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <onnxruntime_cxx_api.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "offramp/files/bundle_file.h"

namespace offramp::bench {
namespace {

struct Options {
  std::string bundle;
  std::string samples;
  int rows = 1;
  int threads = 1;
  double warmup_s = 0.3;
  double seconds = 2;
  double threshold = 2;  // above every confidence: nobody leaves early
};

using Extents = std::vector<std::int64_t>;

struct Stage {
  std::unique_ptr<Ort::Session> session;
  std::string input;
  std::string send;  // empty in the last
  std::string exit;  // empty: none
  double temperature = 1;
};

std::vector<Stage> Load(Ort::Env& env, const Bundle& bundle) {
  Ort::SessionOptions session;
  session.SetIntraOpNumThreads(1);
  session.SetInterOpNumThreads(1);
  std::vector<Stage> stages;
  for (const BundleStage& from : bundle.stages) {
    const std::string path = bundle.folder + "/" + from.file;
    stages.push_back({std::make_unique<Ort::Session>(env, path.c_str(), session),
                      from.receives.front(), from.sends.empty() ? "" : from.sends.front(),
                      from.exit, from.temperature});
  }
  return stages;
}

// Softmax's largest entry.
double Confidence(const float* logits, std::int64_t classes, double temperature) {
  const float top = *std::max_element(logits, logits + classes);
  double sum = 0;
  for (std::int64_t i = 0; i < classes; ++i) {
    sum += std::exp((double(logits[i]) - double(top)) / temperature);
  }
  return 1 / sum;
}

// Takes one request through the stages. Keeps its buffers from request to request.
class Walker {
 public:
  Walker(const std::vector<Stage>& stages, Extents row_shape, double threshold)
      : stages_(stages), row_shape_(std::move(row_shape)), threshold_(threshold) {}

  void Walk(const float* rows, int count, std::vector<std::int64_t>& answered) {
    const std::size_t row =
        std::accumulate(row_shape_.begin(), row_shape_.end(), std::size_t{1},
                        [](std::size_t a, std::int64_t b) { return a * std::size_t(b); });
    values_.assign(rows, rows + row * std::size_t(count));
    Extents shape = row_shape_;
    shape.insert(shape.begin(), count);
    for (std::size_t h = 0; h < stages_.size() && shape[0] > 0; ++h) Run(h, shape, answered);
  }

 private:
  void Run(std::size_t h, Extents& shape, std::vector<std::int64_t>& answered) {
    const Stage& stage = stages_[h];
    Ort::Value input = Ort::Value::CreateTensor<float>(memory_, values_.data(), values_.size(),
                                                       shape.data(), shape.size());
    const bool last = h + 1 == stages_.size();
    const bool exits = !stage.exit.empty() && (last || threshold_ <= 1);
    std::vector<const char*> names;
    if (exits) names.push_back(stage.exit.c_str());
    if (!last) names.push_back(stage.send.c_str());
    const char* input_name = stage.input.c_str();
    auto outputs = stage.session->Run(Ort::RunOptions{nullptr}, &input_name, &input, 1,
                                      names.data(), names.size());
    if (last) {
      answered[h] += shape[0];
      return;
    }
    const std::int64_t before = shape[0];
    Ort::Value& sent = outputs.back();
    shape = sent.GetTensorTypeAndShapeInfo().GetShape();
    const std::size_t row =
        sent.GetTensorTypeAndShapeInfo().GetElementCount() / std::size_t(before);
    const float* from = sent.GetTensorData<float>();
    if (!exits) {
      values_.assign(from, from + row * std::size_t(before));
      return;
    }
    const float* logits = outputs.front().GetTensorData<float>();
    const std::int64_t classes = outputs.front().GetTensorTypeAndShapeInfo().GetShape().back();
    values_.clear();
    shape[0] = 0;
    for (std::int64_t i = 0; i < before; ++i) {
      if (Confidence(logits + i * classes, classes, stage.temperature) >= threshold_) {
        ++answered[h];
        continue;
      }
      const float* at = from + row * std::size_t(i);
      values_.insert(values_.end(), at, at + row);
      ++shape[0];
    }
  }

  const std::vector<Stage>& stages_;
  const Extents row_shape_;
  const double threshold_;
  const Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  std::vector<float> values_;
};

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int Run(const Options& options) {
  const auto bundle = ReadBundle(options.bundle);
  if (!bundle.ok()) {
    std::cerr << "bare_runtime: " << bundle.status().message() << "\n";
    return 1;
  }
  std::ifstream file(options.samples, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string bytes = std::move(text).str();
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), samples.size() * sizeof(float),
              reinterpret_cast<char*>(samples.data()));

  Extents row_shape(bundle->inputs.front().shape.begin() + 1, bundle->inputs.front().shape.end());
  std::size_t row = 1;
  for (const std::int64_t extent : row_shape) row *= std::size_t(extent);
  const std::size_t request = row * std::size_t(options.rows);
  if (samples.size() < request) {
    std::cerr << "bare_runtime: " << options.samples << ": fewer samples than one request has\n";
    return 1;
  }
  Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "bare");
  const std::vector<Stage> stages = Load(env, *bundle);

  std::atomic<bool> measure{false};
  std::atomic<bool> stop{false};
  std::vector<std::vector<std::int64_t>> answered(std::size_t(options.threads),
                                                  std::vector<std::int64_t>(stages.size()));
  std::vector<std::thread> threads;
  for (auto& mine : answered) {
    threads.emplace_back([&] {
      Walker walker(stages, row_shape, options.threshold);
      std::vector<std::int64_t> unmeasured(stages.size());
      for (std::size_t at = 0; !stop; at = (at + request) % (samples.size() - request + 1)) {
        walker.Walk(samples.data() + at / row * row, options.rows, measure ? mine : unmeasured);
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.warmup_s));
  const auto start = std::chrono::steady_clock::now();
  const double start_cpu_s = OwnCpuSeconds();
  measure = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double cpu_s = OwnCpuSeconds() - start_cpu_s;

  std::int64_t total = 0;
  nlohmann::ordered_json exits = nlohmann::ordered_json::object();
  for (std::size_t h = 0; h < stages.size(); ++h) {
    std::int64_t rows = 0;
    for (const auto& mine : answered) rows += mine[h];
    total += rows;
    if (rows > 0) exits[std::to_string(h + 1)] = rows;
  }
  std::cout << nlohmann::ordered_json{{"rows_per_s", double(total) / seconds.count()},
                                      {"rows", total},
                                      {"cpu_s", cpu_s},
                                      {"exits", exits}}
                   .dump()
            << std::endl;
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("A bundle's stages in one process, for throughput.py");
  app.add_option("--bundle", options.bundle)->required();
  app.add_option("--samples", options.samples, "File of raw FP32 rows")->required();
  app.add_option("--rows", options.rows)->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup_s);
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--threshold", options.threshold, "Of every exit; above 1: nobody leaves early");
  CLI11_PARSE(app, argc, argv);
  try {
    return Run(options);
  } catch (const Ort::Exception& error) {
    std::cerr << "bare_runtime: " << error.what() << "\n";
    return 1;
  }
}

}  // namespace
}  // namespace offramp::bench

int main(int argc, char** argv) { return offramp::bench::Main(argc, argv); }
