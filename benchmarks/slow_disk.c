/* A disk whose fsync takes at least a millisecond, for LD_PRELOAD: what a server in production waits
 * for and a test machine's cache does not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static const long NANOSECONDS = 1000000;

static int slowly(const char *name, int file) {
  struct timespec began, ended, rest = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &began);
  int result = ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
  clock_gettime(CLOCK_MONOTONIC, &ended);
  rest.tv_nsec = NANOSECONDS - (ended.tv_sec - began.tv_sec) * 1000000000L -
                 (ended.tv_nsec - began.tv_nsec);
  if (rest.tv_nsec > 0) nanosleep(&rest, 0);
  return result;
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
