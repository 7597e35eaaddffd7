import { writeFileSync } from 'node:fs';

// With --expose-gc: tells what is in use once all is collected that can be.
process.on('SIGUSR2', () => {
  for (let n = 0; n < 3; n++) globalThis.gc();
  writeFileSync(process.env.MEMORY_PROBE_FILE, JSON.stringify(process.memoryUsage()));
});
