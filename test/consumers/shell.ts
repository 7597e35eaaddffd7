import type { ConsumerScene } from './consumer-scene.js';

/** Runs a script, which ends at the first command that fails. JSON is given the end of line that it lacks. */
export async function shell(
  code: string,
  scene: ConsumerScene,
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const printed = await scene.output('sh', ['-eu', scene.write('program.sh', code)], environment);
  return printed.endsWith('\n') ? printed : `${printed}\n`;
}
