/** The oldest Node.js that it runs on: `engines` of package.json. Nothing is imported before this, as it may not parse. */
const oldest = [22, 19] as const;

// Node.js would open an inspector, by which whatever reaches its port reads all secrets.
process.on('SIGUSR1', () => {});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `the token broker needs Node.js ${oldest.join('.')} or newer; this is ${process.version}\n`,
  );
  process.exitCode = 1;
} else {
  await run(process.argv.slice(2));
}

async function run(args: readonly string[]): Promise<void> {
  const { configOption, startsBroker } = await import('./cli/config-option.js');
  if (startsBroker(args, process.env)) {
    (await import('./start-signals.js')).heedSignals();
    const { exitOnError, runBroker } = await import('./run-broker.js');
    await exitOnError(() => runBroker(configOption(args, process.env) as string));
  } else {
    const { runCli } = await import('./cli/main.js');
    process.exitCode = await runCli(args, process);
  }
}
