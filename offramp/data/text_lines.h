// Text lines, perhaps with labels, for bundles with a tokenizer: `text` or `text<TAB>label` a line,
// or a CSV with a header.
#pragma once

#include <memory>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"
#include "offramp/data/open_data.h"
#include "offramp/model/bundle.h"

namespace offramp {

// The file `path` as rows of what stage 1 receives (Bundle::task_inputs): the tokens of each text,
// padded to the longest of a piece. Of a line the label stands behind its last tab; either all
// lines have one or none has, unless `options.labels` gives them: then a line is all text. Of a CSV
// the columns `options.text_column` and, where there is one, `options.label_column` count.
// Texts that are no UTF-8 are read as the gateway would not: each broken byte as U+FFFD.
// kInvalidArgument where the bundle has no tokenizer.
Result<std::unique_ptr<DataSet>> OpenTextLines(const std::string& path, const DataOptions& options,
                                               const Bundle& bundle);

}  // namespace offramp
