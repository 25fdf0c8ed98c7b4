// What a daemon tells its libraries before its first thread.
#pragma once

namespace offramp {

// Keeps freed memory for the next tensor instead of giving it back to the system at once: trim
// threshold 512 MiB, mmap threshold 32 MiB (docs/decisions/0002-data-plane.md; nothing without
// glibc). Call it first in main.
void ProcessTuning();

// Gives back what loading a model freed; once, after it (nothing without glibc).
void ReturnFreedMemory();

}  // namespace offramp
