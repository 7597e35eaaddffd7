import { Proxy } from '#http/proxy.js';
import { Secret } from '#tokens/model/secret.js';
import type { SettingsPath } from '../paths.js';
import { isProxyWord, parseProxyUrl, type ProxySchema } from '../schema/proxy.js';
import type { FileReader } from './file-reader.js';

/** What `proxy` means where it stands: for all, and for a client or issuer that has its own. */
export class Proxies {
  readonly #forAll: Proxy | undefined;

  constructor(
    forAll: ProxySchema | undefined,
    private readonly root: SettingsPath,
    private readonly files: FileReader,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    this.#forAll = forAll && this.#resolve(forAll, root.key('proxy'));
  }

  /** @param own that of the client or issuer at `parent`; undefined: the one for all */
  resolve(own: ProxySchema | undefined, parent: SettingsPath): Proxy | undefined {
    return own === undefined ? this.#forAll : this.#resolve(own, parent.key('proxy'));
  }

  /** Undefined for none, and with a fault. */
  #resolve(schema: ProxySchema, path: SettingsPath): Proxy | undefined {
    if (!path.isValid) return undefined;
    const { url, username, noProxy } = schema;
    const password = this.files.secret(schema.password, path.key('password'));
    const ca = this.files.authorities(schema.ca, path.key('ca'));
    if (isProxyWord(url)) {
      checkAlone(schema, path);
      return url === 'environment' ? this.#ofEnvironment() : undefined;
    }
    const address = parseProxyUrl(url) as URL;
    const hasUser = address.username !== '' || address.password !== '';
    if (hasUser && (username ?? password) !== undefined) {
      path
        .key(username === undefined ? 'password' : 'username')
        .fault('must be left out: it is part of `url`');
    }
    if ((username === undefined) !== (password === undefined)) {
      path.key(username === undefined ? 'username' : 'password').fault('must be set, too');
    }
    if (ca !== undefined && address.protocol === 'http:') path.key('ca').fault('is for https URLs only');
    const login =
      username === undefined || password === undefined ? undefined : `${username}:${password.reveal()}`;
    return proxy(address, login, noProxy, ca);
  }

  /** Lower case before upper case, and that for https before that for all, as curl does. */
  #ofEnvironment(): Proxy | undefined {
    const { environment } = this;
    const find = (...names: string[]) => names.find((name) => environment[name]);
    const name = find('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY');
    if (name === undefined) return undefined;
    const text = String(environment[name]);
    const address = parseProxyUrl(text.includes('://') ? text : `http://${text}`);
    if (address === undefined) {
      this.root.key(name).fault('must be the http or https URL of a proxy, as `proxy` is `environment`');
      return undefined;
    }
    const noProxy = environment[find('no_proxy', 'NO_PROXY') ?? ''] ?? '';
    return proxy(address, undefined, noProxy.split(/[\s,]+/).filter(Boolean), undefined);
  }
}

function checkAlone({ username, password, ca, noProxy }: ProxySchema, path: SettingsPath): void {
  for (const [name, value] of Object.entries({ username, password, ca, noProxy: noProxy[0] })) {
    if (value !== undefined) path.key(name).fault('must be left out unless `url` is that of a proxy');
  }
}

function proxy(
  address: URL,
  login: string | undefined,
  exceptions: readonly string[],
  ca: string | undefined,
): Proxy {
  const url = new URL(`${address.protocol}//${address.host}`);
  const user = [address.username, address.password].map(decode).join(':');
  const pair = login ?? (user === ':' ? undefined : user);
  const secret = pair === undefined ? undefined : new Secret(pair);
  const made = new Proxy({ url, login: secret, exceptions, ca });
  Object.freeze(made);
  return made;
}

/** As it is where it is not percent-encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
