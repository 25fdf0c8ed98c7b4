#include "offramp/wire/process_tuning.h"

#include <cstdlib>  // defines __GLIBC__, where it is glibc

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace offramp {

void ProcessTuning() {
#ifdef __GLIBC__
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
#endif
}

void ReturnFreedMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace offramp
