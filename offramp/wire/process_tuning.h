// What a daemon tells its libraries before its first thread.
#pragma once

namespace offramp {

// Keeps freed memory for the next tensor instead of giving it back to the system at once: trim
// threshold 512 MiB, mmap threshold 32 MiB (docs/decisions/0002-data-plane.md; nothing without
// glibc).
//
// Silences gRPC's own lines on stderr, such as the one for every port in use, of which we make a
// Status; GRPC_VERBOSITY or GRPC_TRACE in the environment keeps them. Call it first in main.
void ProcessTuning();

// Gives back what loading a model freed; once, after it (nothing without glibc).
void ReturnFreedMemory();

}  // namespace offramp
