import { setTimeout as pause } from 'node:timers/promises';
import type { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { OperatorsApi } from '../management/operators-api.js';
import { clientSecret } from '#test/partner.js';
import type { LiveScene } from './live-scene.js';

const newSecret = 'not-a-real-secret-either';

/** Each client but the steady one gets a fault of its own; the lock and a replica's settings break as well. */
export async function breakEverything(scene: LiveScene): Promise<void> {
  const { server, lockNodes, brokers } = scene;
  server.misbehave({ client: 'down', answer: { status: 503, retryAfter: 1 } });
  server.misbehave({ client: 'throttled', answer: { status: 429, retryAfter: 15 } });
  server.misbehave({ client: 'skewed', clockOffset: 3_600, fields: { scope: 'a b' } });
  server.misbehave({ client: 'greedy', lifetime: 3_600 });
  server.replaceSecrets('refused', [newSecret]);
  // The new one is not in force yet.
  scene.change({
    rotating: { clientSecret: [newSecret, clientSecret] },
    changed: { clientSecret: newSecret },
  });
  await Promise.all(lockNodes.slice(1).map((node) => node.kill('SIGKILL')));
  await askForManyScopeSets(scene);
  await askInVain(scene);
  await brokers[0]!.logged((line) => line['msg'] === 'settings reloaded');
  brokers[0]!.rewrite('clients: [these, are, none]');
}

export async function repairEverything(
  scene: LiveScene,
  held: Pick<DevAuthorizationServer, 'release'>,
): Promise<void> {
  scene.server.reset();
  scene.server.replaceSecrets('rotating', [newSecret]);
  scene.change({
    refused: { clientSecret: newSecret },
    rotating: { clientSecret: newSecret },
    greedy: { maxTokenRequestsPerMinute: 1_000 },
  });
  await Promise.all(scene.lockNodes.slice(1).map((node) => node.restart()));
  held.release();
  await measureAgain(scene);
}

/** As the runbook says: else a replica measures the clock skew when it happens to be the one that renews. */
async function measureAgain({ brokers }: LiveScene): Promise<void> {
  // Each renews a token that nobody has, as none is renewed right after another replica has done it.
  const scopes = ['b', 'c', 'd'];
  const renewals = brokers.map((broker, n) =>
    new OperatorsApi(broker).renew({ client: 'skewed', scopes: [scopes[n]], resources: [] }),
  );
  for (const { status } of await Promise.all(renewals)) {
    if (status !== 200) throw new Error(`a replica that is to measure again answers ${status}`);
  }
}

/** Two consumers together use up what the client `greedy` has for what is asked for on demand. */
async function askForManyScopeSets({ brokers: [broker], key, otherKey }: LiveScene): Promise<void> {
  for (const scope of ['b', 'c', 'd']) await broker!.get(`/token?client=greedy&scopes=${scope}`, key);
  for (const scope of ['e', 'f']) await broker!.get(`/token?client=greedy&scopes=${scope}`, otherKey);
}

/** Over several scrapes: of what has only just come there is no rate. */
async function askInVain({ brokers: [broker], key }: LiveScene): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await broker!.get('/token?client=steady', 'not-a-real-key');
    await broker!.get('/token?client=nobody', key);
    await pause(1_100);
  }
}
