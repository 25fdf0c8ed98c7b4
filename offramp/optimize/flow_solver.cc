#include "offramp/optimize/flow_solver.h"

#include <algorithm>
#include <exception>

#include <IpIpoptApplication.hpp>
#include <IpTNLP.hpp>

#include "offramp/base/serial_section.h"
#include "offramp/core/evaluate.h"
#include "offramp/optimize/marginal_cost.h"

namespace offramp {
namespace {

using Ipopt::Index;
using Ipopt::Number;

constexpr double kLeastOutflow = 1e-6;  // tasks/s; scales the flows of senders that are idle
constexpr double kInside = 1e-4;        // of a sender's flow: interior points start inside

// Variables: flow of every link whose sender has a choice, at the senders' outflows of the start;
// dividing by those outflows gives the shares, so that U stays exact when outflows move.
// Constraints: a sender's flows sum to its outflow.
class FlowProgram : public Ipopt::TNLP {
 public:
  FlowProgram(const Problem& problem, const Strategy& start, const std::function<bool()>& stop)
      : problem_(problem), stop_(stop), strategy_(start), best_(start) {
    const Evaluation& e = evaluator_.Evaluate(problem_, strategy_);
    best_objective_s_ = e.objective_s;
    for (int node = 0; node < problem.first_node(problem.stages()); ++node) {
      const int first = problem.first_link(node);
      const int end = problem.first_link(node + 1);
      if (end - first < 2) continue;
      const double outflow =
          std::max(e.outflow_per_s[static_cast<std::size_t>(node)], kLeastOutflow);
      for (int l = first; l < end; ++l) {
        link_.push_back(l);
        row_.push_back(static_cast<Index>(outflow_.size()));
        scale_.push_back(outflow);
      }
      outflow_.push_back(outflow);
      degree_.push_back(end - first);
    }
  }

  bool empty() const { return link_.empty(); }
  const Strategy& best() const { return best_; }
  double best_objective_s() const { return best_objective_s_; }

  bool get_nlp_info(Index& n, Index& m, Index& jacobian, Index& hessian,
                    IndexStyleEnum& style) override {
    n = static_cast<Index>(link_.size());
    m = static_cast<Index>(outflow_.size());
    jacobian = n;
    hessian = 0;
    style = C_STYLE;
    return true;
  }

  bool get_bounds_info(Index n, Number* low, Number* high, Index m, Number* g_low,
                       Number* g_high) override {
    std::fill_n(low, n, 0.0);
    for (Index v = 0; v < n; ++v) high[v] = scale_[static_cast<std::size_t>(v)];
    for (Index c = 0; c < m; ++c) g_low[c] = g_high[c] = outflow_[static_cast<std::size_t>(c)];
    return true;
  }

  bool get_starting_point(Index n, bool, Number* x, bool, Number*, Number*, Index, bool,
                          Number*) override {
    for (Index v = 0; v < n; ++v) {
      const auto i = static_cast<std::size_t>(v);
      const double even = 1.0 / degree_[static_cast<std::size_t>(row_[i])];
      const double share = best_.share[static_cast<std::size_t>(link_[i])];
      x[v] = scale_[i] * ((1 - kInside) * share + kInside * even);
    }
    return true;
  }

  bool eval_f(Index, const Number* x, bool, Number& value) override {
    Take(x);
    value = evaluation_->objective_s;
    return true;
  }

  bool eval_grad_f(Index n, const Number* x, bool, Number* gradient) override {
    Take(x);
    marginal_.Compute(problem_, strategy_, *evaluation_, evaluator_);
    for (Index v = 0; v < n; ++v) {
      const auto i = static_cast<std::size_t>(v);
      gradient[v] = marginal_.slope()[static_cast<std::size_t>(link_[i])] / scale_[i];
    }
    return true;
  }

  bool eval_g(Index n, const Number* x, bool, Index m, Number* g) override {
    std::fill_n(g, m, 0.0);
    for (Index v = 0; v < n; ++v) g[row_[static_cast<std::size_t>(v)]] += x[v];
    return true;
  }

  bool eval_jac_g(Index n, const Number*, bool, Index, Index, Index* rows, Index* columns,
                  Number* values) override {
    for (Index v = 0; v < n; ++v) {
      if (values != nullptr) {
        values[v] = 1;
      } else {
        rows[v] = row_[static_cast<std::size_t>(v)];
        columns[v] = v;
      }
    }
    return true;
  }

  bool intermediate_callback(Ipopt::AlgorithmMode, Index, Number, Number, Number, Number, Number,
                             Number, Number, Number, Index, const Ipopt::IpoptData*,
                             Ipopt::IpoptCalculatedQuantities*) override {
    return !stop_ || !stop_();
  }

  void finalize_solution(Ipopt::SolverReturn, Index, const Number* x, const Number*, const Number*,
                         Index, const Number*, const Number*, Number, const Ipopt::IpoptData*,
                         Ipopt::IpoptCalculatedQuantities*) override {
    Take(x);
  }

 private:
  // Points between iterations may be infeasible by a little: shares are normalised, and the best
  // of all points seen is kept.
  void Take(const Number* x) {
    std::vector<double> total(outflow_.size(), 0.0);
    for (std::size_t i = 0; i < link_.size(); ++i) {
      total[static_cast<std::size_t>(row_[i])] += std::max(x[i], 0.0);
    }
    for (std::size_t i = 0; i < link_.size(); ++i) {
      const double sum = total[static_cast<std::size_t>(row_[i])];
      strategy_.share[static_cast<std::size_t>(link_[i])] =
          sum > 0 ? std::max(x[i], 0.0) / sum : 1.0 / degree_[static_cast<std::size_t>(row_[i])];
    }
    evaluation_ = &evaluator_.Evaluate(problem_, strategy_);
    if (evaluation_->objective_s < best_objective_s_) {
      best_objective_s_ = evaluation_->objective_s;
      best_ = strategy_;
    }
  }

  const Problem& problem_;
  const std::function<bool()>& stop_;
  Strategy strategy_;
  Strategy best_;
  double best_objective_s_ = 0;
  Evaluator evaluator_;
  const Evaluation* evaluation_ = nullptr;
  MarginalCost marginal_;
  std::vector<int> link_;        // by variable
  std::vector<Index> row_;       // by variable: its constraint
  std::vector<double> scale_;    // by variable: the sender's outflow
  std::vector<double> outflow_;  // by constraint
  std::vector<int> degree_;      // by constraint
};

}  // namespace

Result<double> SolveFlows(const Problem& problem, Strategy& strategy,
                          const std::function<bool()>& stop) {
  try {
    Ipopt::SmartPtr<FlowProgram> program = new FlowProgram(problem, strategy, stop);
    if (program->empty()) return program->best_objective_s();
    Ipopt::SmartPtr<Ipopt::IpoptApplication> solver = new Ipopt::IpoptApplication(false);
    solver->Options()->SetStringValue("hessian_approximation", "limited-memory");
    solver->Options()->SetIntegerValue("limited_memory_max_history", 12);
    solver->Options()->SetStringValue("mu_strategy", "adaptive");
    solver->Options()->SetStringValue("sb", "yes");
    solver->Options()->SetIntegerValue("print_level", 0);
    solver->Options()->SetIntegerValue("max_iter", 120);
    solver->Options()->SetNumericValue("tol", 1e-7);
    solver->Options()->SetNumericValue("acceptable_tol", 1e-6);
    solver->Options()->SetNumericValue("bound_push", 1e-6);
    solver->Options()->SetNumericValue("bound_frac", 1e-6);
    if (solver->Initialize() != Ipopt::Solve_Succeeded) {
      return InternalError("Ipopt could not be initialised");
    }
    // MUMPS, which solves Ipopt's linear systems, keeps state of its own: one at a time.
    const SerialSection section;
    // Whatever it returns, the best point it visited is kept.
    solver->OptimizeTNLP(program);
    strategy = program->best();
    return program->best_objective_s();
  } catch (const std::exception& error) {
    return InternalError(std::string("Ipopt: ") + error.what());
  } catch (const Ipopt::IpoptException& error) {
    return InternalError("Ipopt: " + error.Message());
  }
}

}  // namespace offramp
