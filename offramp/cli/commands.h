// Every command: adds itself to the tree. One file each, named after it.
#pragma once

#include "offramp/cli/app.h"

namespace offramp {

void AddUpCommand(CommandLine& line);
void AddDownCommand(CommandLine& line);
void AddStatusCommand(CommandLine& line);
void AddTopCommand(CommandLine& line);
void AddDrainCommand(CommandLine& line);
void AddNodeCommand(CommandLine& line);
void AddGatewayCommand(CommandLine& line);
void AddBenchCommand(CommandLine& line);
void AddPlanCommand(CommandLine& line);
void AddSimulateCommand(CommandLine& line);
void AddGenerateScenarioCommand(CommandLine& line);
void AddReproduceCommand(CommandLine& line);
void AddInspectCommand(CommandLine& line);
void AddSplitCommand(CommandLine& line);
void AddExitsCommand(CommandLine& line);
void AddProfileCommand(CommandLine& line);
void AddDemoCommand(CommandLine& line);
void AddVersionCommand(CommandLine& line);
void AddCompletionCommand(CommandLine& line);

// All of them, in the order of the help.
void AddAllCommands(CommandLine& line);

}  // namespace offramp
