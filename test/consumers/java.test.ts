import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConsumerScene } from './consumer-scene.js';
import { programsOf } from './page-programs.js';
import { runPage } from './run-page.js';

runPage('how-to/ways-in/java.md', {
  name: 'java',
  run: (code, scene) => scene.output('java', [scene.write('Orders.java', code)]),
});

/** Spring itself is not here: what its configuration says is held against the broker. */
describe('the Spring configuration of docs/how-to/ways-in/java.md', () => {
  let scene: ConsumerScene;

  beforeAll(async () => {
    scene = await ConsumerScene.start();
  }, 120_000);
  afterAll(() => scene?.stop());

  function springClient() {
    const [configuration] = programsOf('how-to/ways-in/java.md', 'yaml');
    const filled = configuration!.code.replaceAll(
      /\$\{(\w+)\}/g,
      (_, name: string) => scene.environment[name]!,
    );
    const { spring } = parse(filled) as { spring: { security: { oauth2: { client: SpringClient } } } };
    const { registration, provider } = spring.security.oauth2.client;
    return { ...registration['orders']!, ...provider[registration['orders']!['provider']!]! };
  }

  it('is that of the metadata', async () => {
    const { body } = await scene.broker.send('/.well-known/oauth-authorization-server', {});
    const spring = springClient();
    expect(spring['token-uri']).toBe(body['token_endpoint']);
    expect(body['token_endpoint_auth_methods_supported']).toContain(spring['client-authentication-method']);
    expect(body['grant_types_supported']).toContain(spring['authorization-grant-type']);
  });

  it('describes a token request that the broker answers', async () => {
    const spring = springClient();
    const pair = [spring['client-id'], spring['client-secret']].map((part) => encodeURIComponent(part!));
    const answer = await fetch(spring['token-uri']!, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(pair.join(':'))}`, accept: 'application/json;charset=UTF-8' },
      body: new URLSearchParams({
        grant_type: spring['authorization-grant-type']!,
        scope: spring['scope']!.split(',').join(' '),
      }),
    });
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'api:partner create:orders' });
  });
});

interface SpringClient {
  registration: Record<string, Record<string, string>>;
  provider: Record<string, Record<string, string>>;
}
