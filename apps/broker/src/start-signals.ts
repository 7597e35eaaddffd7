/** Nothing is under way yet that would have to finish. */
const endAtOnce = () => process.exit(0);

/**
 * What signals do from the first moment on. By default SIGHUP and SIGUSR2, which log rotation and supervisors send, end a
 * process; and SIGTERM does not reach process 1 of a container as long as it has no handler.
 */
export function heedSignals(): void {
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, endAtOnce);
  for (const signal of ['SIGHUP', 'SIGUSR2']) process.on(signal, () => {});
}

/** From now on the broker stops in its own order. */
export function leaveEndToBroker(): void {
  for (const signal of ['SIGTERM', 'SIGINT']) process.off(signal, endAtOnce);
}
