#include "offramp/cli/commands.h"

namespace offramp {

void AddAllCommands(CommandLine& line) {
  AddDemoCommand(line);
  AddUpCommand(line);
  AddDownCommand(line);
  AddStatusCommand(line);
  AddTopCommand(line);
  AddDrainCommand(line);
  AddNodeCommand(line);
  AddGatewayCommand(line);
  AddBenchCommand(line);
  AddPlanCommand(line);
  AddSimulateCommand(line);
  AddGenerateScenarioCommand(line);
  AddReproduceCommand(line);
  AddInspectCommand(line);
  AddSplitCommand(line);
  AddExitsCommand(line);
  AddProfileCommand(line);
  AddCompletionCommand(line);
  AddVersionCommand(line);
}

}  // namespace offramp
