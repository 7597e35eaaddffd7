import { requiredSettingsPath } from './command-line.js';
import { isForTool } from './cli/is-for-tool.js';

const args = process.argv.slice(2);

if (isForTool(args)) {
  const { runCli: runTool } = await import('./cli/main.js');
  process.exitCode = await runTool(args, process);
} else {
  const { exitOnError, runBroker } = await import('./run-broker.js');
  await exitOnError(() => runBroker(requiredSettingsPath()));
}
