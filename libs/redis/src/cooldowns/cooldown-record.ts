/** The cool-down of one target. Instants in milliseconds of the Redis server's clock. */
export interface CooldownRecord {
  /** When it began. */
  since: number;
  /** When it is over, or the time of the attempt that has been let through. */
  until: number;
  /** In a row. */
  failures: number;
  /** One attempt has been let through. */
  probing: boolean;
  /** The failure that began it. */
  sealed: Buffer;
}

const format = /^(\d{1,15}) (\d{1,15}) (\d{1,9}) ([cp]) /;

/** In clear but for the failure: `since until failures c|p`, then what is sealed. */
export function formatCooldownRecord({ since, until, failures, probing, sealed }: CooldownRecord): Buffer {
  return Buffer.concat([Buffer.from(`${since} ${until} ${failures} ${probing ? 'p' : 'c'} `), sealed]);
}

/** Undefined for whatever `formatCooldownRecord` has not made. */
export function parseCooldownRecord(bytes: Buffer): CooldownRecord | undefined {
  const parts = format.exec(bytes.toString('latin1', 0, 48));
  if (parts === null) return undefined;
  const [start, since, until, failures, state] = parts;
  return {
    since: Number(since),
    until: Number(until),
    failures: Number(failures),
    probing: state === 'p',
    sealed: bytes.subarray(start.length),
  };
}
