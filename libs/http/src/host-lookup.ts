import dns, { type LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** That of Node.js, before it is replaced. */
const getaddrinfo = dns.lookup;

/** Resolves a name to addresses. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/**
 * Look-ups by getaddrinfo that run at a time. Each holds one of libuv's four threads, for up to half a minute when the
 * name server does not answer: the others are for files, keys and further look-ups.
 */
const maxRunning = 2;

/** Milliseconds within which addresses are taken as they are. */
const freshFor = 2_000;

/** Milliseconds that a look-up is waited for where addresses are known: they may still work. */
const patience = 1_000;

/**
 * Host look-ups of all connections of this process, of which those that hang delay no other host: one at a time for each
 * host, few at a time in all. What finds no free place takes the addresses last known, then asks the name servers
 * directly (c-ares, without a thread), and waits for a place only where they know no such name: in /etc/hosts it may be.
 * While the name servers are down, the addresses last known count.
 */
export class HostLookup {
  readonly #inFlight = new Map<string, Promise<LookupAddress[]>>();
  readonly #known = new Map<string, { addresses: LookupAddress[]; at: number }>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(
    private readonly system: Resolve = bySystem,
    private readonly direct: Resolve = byNameServers,
    private readonly now: () => number = () => performance.now(),
    private readonly wait: (milliseconds: number) => Promise<unknown> = (time) =>
      pause(time, undefined, { ref: false }),
  ) {}

  /**
   * Has all look-ups of this process run here. Libraries such as ioredis have no option for it: each attempt of theirs to
   * connect would leave a look-up that hangs behind, until libuv has no thread left for anything.
   */
  replaceSystemLookup(): void {
    const replacement = (hostname: string, ...rest: unknown[]) => {
      const callback = rest.pop() as Parameters<LookupFunction>[2];
      const options = typeof rest[0] === 'number' ? { family: rest[0] } : (rest[0] ?? {});
      this.lookup(hostname, options, callback);
    };
    Object.assign(dns, { lookup: replacement });
  }

  /** For `net.connect`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    void this.#lookup(hostname, options, callback);
  };

  /** @throws Error with a code of `node:dns` */
  async resolve(hostname: string): Promise<LookupAddress[]> {
    const family = isIP(hostname);
    if (family !== 0) return [{ address: hostname, family }];
    const known = this.#known.get(hostname);
    if (known !== undefined && this.now() - known.at < freshFor) return known.addresses;
    const inFlight = this.#inFlight.get(hostname);
    if (inFlight !== undefined) return known?.addresses ?? inFlight;
    if (this.#running < maxRunning) {
      const asked = this.#shared(hostname, () => this.#bySystem(hostname));
      return known === undefined ? asked : this.#orKnown(asked, known.addresses);
    }
    if (known !== undefined) return known.addresses;
    return this.#shared(hostname, () => this.#directly(hostname));
  }

  async #orKnown(asked: Promise<LookupAddress[]>, known: LookupAddress[]): Promise<LookupAddress[]> {
    const answer = asked.catch((error: NodeJS.ErrnoException) => {
      // The name servers do not answer, or fail: whether the name still exists is not known.
      if (error.code === 'EAI_AGAIN' || error.code === 'EAI_FAIL') return known;
      throw error;
    });
    return Promise.race([answer, this.wait(patience).then(() => known)]);
  }

  async #lookup(...[hostname, options, callback]: Parameters<LookupFunction>): Promise<void> {
    let addresses: LookupAddress[];
    try {
      addresses = await this.resolve(hostname);
    } catch (error) {
      return callback(error as NodeJS.ErrnoException, '', 0);
    }
    const family = Number(String(options.family ?? 0).replace('IPv', ''));
    const fit = addresses.filter((one) => family === 0 || one.family === family);
    const [first] = fit;
    if (first === undefined) return callback(notFound(hostname), '', 0);
    return options.all === true ? callback(null, fit) : callback(null, first.address, first.family);
  }

  #shared(hostname: string, run: () => Promise<LookupAddress[]>): Promise<LookupAddress[]> {
    const result = run().finally(() => this.#inFlight.delete(hostname));
    this.#inFlight.set(hostname, result);
    return result;
  }

  async #directly(hostname: string): Promise<LookupAddress[]> {
    try {
      return this.#remember(hostname, await this.direct(hostname));
    } catch {
      while (this.#running >= maxRunning) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      return this.#bySystem(hostname);
    }
  }

  async #bySystem(hostname: string): Promise<LookupAddress[]> {
    this.#running += 1;
    try {
      return this.#remember(hostname, await this.system(hostname));
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  #remember(hostname: string, addresses: LookupAddress[]): LookupAddress[] {
    // Hosts come from settings and from metadata of issuers named there: few, but not bounded.
    if (this.#known.size >= 10_000) this.#known.clear();
    this.#known.set(hostname, { addresses, at: this.now() });
    return addresses;
  }
}

/** Shared by all connections, so that look-ups that hang take few threads of the process. */
export const sharedLookup = new HostLookup();

function bySystem(hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    getaddrinfo(hostname, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses);
    });
  });
}

async function byNameServers(hostname: string): Promise<LookupAddress[]> {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = [
    ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({ address, family: 4 })),
    ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({ address, family: 6 })),
  ];
  if (addresses.length === 0) throw notFound(hostname);
  return addresses;
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address of ${hostname} is known`), { code: 'ENOTFOUND' });
}
