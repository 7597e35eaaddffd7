import { setImmediate } from 'node:timers/promises';
import { digest } from '#tokens/model/secret.js';
import type { ClientSettings, Settings } from '../settings/settings.js';
import type { ConnectedClient } from './connected-client.js';

/** Secrets are derived in threads of libuv, which has four: one stays free for name look-ups and files. */
const lanes = 3;

/** Clients that are made between two turns of the event loop. */
const perTurn = 20;

export interface ConnectedClients {
  clients: ConnectedClient[];
  /** With a changed credential that has to be tried first: `clients` has them with the former one. */
  onTrial: ConnectedClient[];
}

export interface ClientMaker {
  /** Those that can be taken over. */
  made: readonly ConnectedClient[];
  /** Those in force. */
  former: readonly ConnectedClient[];
  connect(settings: ClientSettings): Promise<ConnectedClient>;
  needsTrial(former: ConnectedClient, changed: ConnectedClient): Promise<boolean>;
}

/** The clients of a version of the settings: those that have not changed stay the same, with their connections. */
export async function connectedClients(
  { clients }: Pick<Settings, 'clients'>,
  { made, former, connect, needsTrial }: ClientMaker,
): Promise<ConnectedClients> {
  const byVersion = new Map(made.map((client) => [client.version, client]));
  const byName = new Map(former.map((client) => [client.name, client]));
  const onTrial: ConnectedClient[] = [];
  const connected = async (settings: ClientSettings) =>
    (settings.version === undefined ? undefined : byVersion.get(settings.version)) ?? connect(settings);

  async function current(one: ClientSettings): Promise<ConnectedClient> {
    const settings = { ...one, version: versionOf(one) };
    const client = await connected(settings);
    const known = byName.get(client.name);
    if (known === undefined || known === client || !(await needsTrial(known, client))) return client;
    onTrial.push(client);
    const version = settings.version && digest([settings.version, known.identity]);
    return connected({ ...settings, ...known.proof, version });
  }

  return { clients: await inLanes(Object.values(clients), current), onTrial };
}

/** What consumers may have decides about some clients, too. */
function versionOf({ version, oneToken, authorizationDetails = [] }: ClientSettings): string | undefined {
  return version && digest([version, String(oneToken), ...authorizationDetails]);
}

/** Requests are served in between: settings may have thousands of clients. */
async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function lane(): Promise<void> {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
      if (index % perTurn === 0) await setImmediate();
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
