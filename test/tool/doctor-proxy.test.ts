import { beforeAll, describe, expect, it } from 'vitest';
import type { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { atEndOfAll } from '#test/at-end.js';
import { someCertificates } from '#test/certificates.js';
import { type ForwardProxy, startSquid, startTinyproxy } from '#test/forward-proxy.js';
import { freePort } from '#test/free-port.js';
import { client } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { diagnosis, settingsFile } from './doctor-report.js';
import { toolRun } from './tool-run.js';

const login = 'broker:not-a-real-secret';

describe('the doctor, of proxies', () => {
  const atEnd = atEndOfAll();
  let server: DevAuthorizationServer;
  let squid: ForwardProxy;
  let tinyproxy: ForwardProxy;
  let ca: string;

  beforeAll(async () => {
    const certificates = await someCertificates();
    ca = certificates.ca;
    server = await runningServer({ tls: certificates.server, name: 'localhost' }, atEnd);
    [squid, tinyproxy] = await Promise.all([
      startSquid({ login, atEnd }),
      startTinyproxy({ allowedPort: 1, atEnd }),
    ]);
  });

  const examined = (proxy: unknown, fields: object = {}, environment: NodeJS.ProcessEnv = {}) =>
    diagnosis(settingsFile({ rabot: client(server, { ca, proxy, ...fields }) }), environment);
  const severe = ({ findings }: Awaited<ReturnType<typeof diagnosis>>) =>
    findings.filter(({ severity }) => severity === 'fault').map(({ code }) => code);

  it('goes by the proxy of the broker, and says so', async () => {
    const file = settingsFile({
      rabot: client(server, { ca, proxy: squid.url.replace('://', `://${login}@`) }),
    });
    const { stdout, status } = await toolRun(['doctor', file]);
    expect(status).toBe(0);
    expect(stdout).toContain(`${server.tokenEndpoint}  by the proxy ${squid.url}  (127.0.0.1)`);
    expect(stdout).not.toContain('not-a-real-secret');
  });

  it('says that it went directly', async () => {
    const found = await examined({ url: squid.url, noProxy: ['localhost'] });
    expect(severe(found)).toEqual([]);
    expect(found.report.clients[0]?.proxy).toBeUndefined();
  });

  it('uses the proxy that the environment names where the settings say so', async () => {
    const found = await examined('environment', {}, { HTTPS_PROXY: squid.url });
    expect(severe(found)).toEqual(['proxy_log_in']);
    expect(found.report.clients[0]?.proxy).toBe(squid.url);
  });

  it('names a proxy that is down', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const found = await examined(url);
    expect(severe(found)).toEqual(['proxy_unreachable']);
    expect(found.findings[0]?.hints[0]).toContain(`check the address ${url} in proxy`);
  });

  it('names a proxy that refuses the target', async () => {
    const found = await examined(tinyproxy.url);
    expect(severe(found)).toEqual(['proxy_refused']);
    expect(found.findings[0]?.hints[0]).toContain('by 403: allow the host and port');
  });

  it('names a proxy that does not reach the target', async () => {
    const tokenEndpoint = `https://localhost:${await freePort()}/token`;
    const found = await examined(squid.url.replace('://', `://${login}@`), { tokenEndpoint });
    expect(severe(found)).toEqual(['proxy_refused']);
    expect(found.findings[0]?.hints[0]).toContain('by 503: it cannot resolve or reach');
  });
});
