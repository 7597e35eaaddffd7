import { Session } from 'node:inspector/promises';

// In the process under measurement (`node --import` this file): counts the calls of all functions by V8's precise coverage,
// and sends the parent, each time it asks, those that ran since the last time.
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
process.on('message', async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ran = result.flatMap(({ url, functions }) =>
    functions
      .filter(({ ranges }) => ranges[0].count > 0)
      .map(({ functionName, ranges }) => ({ url, name: functionName, calls: ranges[0].count })),
  );
  process.send(ran);
});
process.channel.unref();
