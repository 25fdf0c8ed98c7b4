#include "offramp/cli/app.h"
#include "offramp/cli/commands.h"

int main(int argc, char** argv) {
  offramp::CommandLine line;
  offramp::AddAllCommands(line);
  return offramp::RunCommandLine(line, argc, argv);
}
