// A bundle with what was measured written into it.
#pragma once

#include <string>

#include "offramp/base/result.h"
#include "offramp/model/bundle.h"
#include "offramp/profiling/exit_figures.h"
#include "offramp/profiling/stage_timing.h"

namespace offramp {

// Writes temperatures, the exit profile, speeds, memory, bytes and the histogram of service times
// into the bundle of `bundle.folder`, or into a copy of it at `target`, which must not be there.
// The whole or nothing: who opens the bundle meanwhile finds the old one or the new one. `timing`
// may be null: those figures stay. kFailedPrecondition when the bundle has changed since it was
// read; kInvalidArgument when `target` is there; kInternal: the disk is to blame.
Status WriteProfiledBundle(const Bundle& bundle, const ExitReport& exits,
                           const TimingReport* timing, const std::string& target);

}  // namespace offramp
