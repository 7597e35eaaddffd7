// Asks for tokens as services would, so that the dashboards show life. Says only when the answer becomes another one.
import { setInterval } from 'node:timers/promises';

const consumers = [
  { key: 'dev-only-order-service-key', scopes: 'api:partner create:orders' },
  { key: 'dev-only-finance-report-key', scopes: 'api:partner role:finance-reporting' },
];
const said = new Map();

process.once('SIGTERM', () => process.exit());
// oxlint-disable-next-line no-unused-vars
for await (const _ of setInterval(1_000)) await Promise.all(consumers.map(ask));

async function ask({ key, scopes }) {
  const url = `${process.env['TOKEN_BROKER_URL']}/token?${new URLSearchParams({ scopes })}`;
  const outcome = await fetch(url, { headers: { authorization: `Bearer ${key}` } }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    },
    (error) => error.cause?.code ?? error.name,
  );
  if (said.get(scopes) === outcome) return;
  said.set(scopes, outcome);
  process.stdout.write(`${scopes}: ${outcome}\n`);
}
