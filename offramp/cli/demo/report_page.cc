#include "offramp/cli/demo/report_page.h"

namespace offramp {

const std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --soft: #5c6775; --line: #dde2e8;
  --band: #eef1f5; --mark: #b4442c; --good: #0b6e4f;
  --c0: #0067b1; --c1: #d98200; --c2: #8a5bb8; --c3: #00876a; --c4: #c9486b; --c5: #7a6a52;
  --c6: #3aa0d8; --c7: #8d9440;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --ink: #e6ebf2; --soft: #98a4b3; --line: #2d3642;
    --band: #202833; --mark: #ff8a6b; --good: #4fcf9f;
    --c0: #58b4ff; --c1: #ffb347; --c2: #c09bf0; --c3: #3fcfa8; --c4: #ff86a5; --c5: #c8b48f;
    --c6: #8fd3ff; --c7: #d3dc78;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 17px; margin: 0 0 2px; }
p { margin: 0 0 10px; }
.soft { color: var(--soft); }
.small { font-size: 13px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 18px 20px; margin-top: 18px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 6px; margin: 8px 0 4px; }
.legend button, .tabs button { font: inherit; font-size: 13px; color: inherit; cursor: pointer;
  background: none; border: 1px solid transparent; border-radius: 6px; padding: 3px 9px; }
.legend button:hover, .tabs button:hover { border-color: var(--line); }
.legend button[aria-pressed=false] { opacity: 0.4; text-decoration: line-through; }
.swatch { display: inline-block; width: 14px; height: 3px; border-radius: 2px;
  margin-right: 7px; vertical-align: middle; }
.tabs { display: flex; flex-wrap: wrap; gap: 6px; margin: 8px 0 12px; }
.tabs button { border-color: var(--line); }
.tabs button[aria-selected=true] { background: var(--ink); color: var(--card);
  border-color: var(--ink); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: 13px; }
th:first-child, td:first-child { text-align: left; }
td.best { font-weight: 700; color: var(--good); }
td.bad { font-weight: 700; color: var(--mark); }
.scroll { overflow-x: auto; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 14px; }
figure { margin: 0; position: relative; }
figcaption { font-size: 13px; font-weight: 600; margin-bottom: 2px; }
svg { display: block; width: 100%; overflow: visible; }
svg text { fill: var(--soft); font-size: 11px; }
.tip { position: absolute; pointer-events: none; background: var(--card); color: var(--ink);
  border: 1px solid var(--line); border-radius: 6px; padding: 6px 9px; font-size: 12px;
  box-shadow: 0 4px 14px rgba(0, 0, 0, 0.16); white-space: nowrap; z-index: 2; display: none; }
@media print { section { break-inside: avoid; } .tip { display: none !important; } }
)css";

const std::string_view kReportBody = R"html(<body>
<main>
<header>
<h1>Offramp demo</h1>
<p class="soft" id="facts"></p>
</header>
<section>
<h2>What happened</h2>
<p class="soft small" id="story"></p>
<div class="tabs" id="table-tabs" role="tablist"></div>
<div class="scroll"><table id="table"></table></div>
<p class="soft small" id="trouble"></p>
</section>
<section>
<h2>Delay over time</h2>
<p class="soft small">Mean of the tasks due within a sliding second, in milliseconds, on a
logarithmic scale. Press a name to hide or show a policy; this holds for the next two charts
too.</p>
<div class="legend" id="legend"></div>
<figure id="mean"></figure>
</section>
<section>
<h2>95th percentile of the delay</h2>
<p class="soft small">Of the same sliding second.</p>
<figure id="p95"></figure>
</section>
<section>
<h2>Accuracy over time</h2>
<p class="soft small">Share of right answers among the tasks due within three sliding seconds.
Images come from the test set, which neither training nor thresholds have seen.</p>
<figure id="accuracy"></figure>
</section>
<section>
<h2>Every node under one policy</h2>
<p class="soft small">Confidence thresholds at the exits, then how each part shared its tasks
out over the next stage, and how many waited where.</p>
<div class="tabs" id="policy-tabs" role="tablist"></div>
<figure id="thresholds"></figure>
<p></p>
<figure id="queues"></figure>
<p></p>
<div class="grid" id="shares"></div>
</section>
</main>
)html";

}  // namespace offramp
