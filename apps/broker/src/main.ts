import { requiredSettingsPath } from './command-line.js';
import { orExit, runBroker } from './run-broker.js';

await orExit(() => runBroker(requiredSettingsPath()));
