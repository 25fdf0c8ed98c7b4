// Ctrl-C and SIGTERM for commands that run for a while: the first asks to stop, the second ends the
// process at once, taking along the processes it was told of.
#pragma once

namespace offramp {

// Installs the handlers, once per process. Not for the daemons: they have their own.
void CatchInterrupts();

// True from the first signal on. Thread-safe.
bool Interrupted();

// Sleeps up to `seconds`, less when a signal arrives. Returns Interrupted().
bool SleepUnlessInterrupted(double seconds);

// A second signal also kills this child process. At most 1024; more are ignored.
void KillOnSecondInterrupt(int pid);

// Forgets a child: its id may be given to somebody else once it has been waited for.
void ForgetChild(int pid);

}  // namespace offramp
