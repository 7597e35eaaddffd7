import { hkdfSync, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EncryptJWT, jwtDecrypt, type JWTPayload } from 'jose';
import { digest } from '#tokens/model/secret.js';
import { Clock } from '#tokens/model/clock.js';
import { ActiveSettings } from '../../core/active-settings.js';
import type { OperatorOidc } from '../../settings/settings.js';

type Kind = 'login' | 'session';

/** Where a cookie is good: it opens at no other host, and for no other provider. */
export interface CookiePlace {
  oidc: OperatorOidc;
  /** As in the header `Host`. */
  host: string;
}

/**
 * Cookies that only this broker reads (AES-256-GCM). Replicas that share a Redis derive the same key from
 * `encryptionKeys`; a single one draws a key at its start, with which its sessions end.
 */
@Injectable()
export class Sessions {
  readonly #own = [{ id: 'own', key: new Uint8Array(randomBytes(32)) }];

  constructor(
    private readonly settings: ActiveSettings,
    private readonly clock: Clock,
  ) {}

  /** @param lifetime milliseconds */
  async seal(kind: Kind, place: CookiePlace, content: JWTPayload, lifetime: number): Promise<string> {
    const now = this.clock.wallTime();
    const [{ id, key }] = this.#keys as [{ id: string; key: Uint8Array }];
    const token = await new EncryptJWT(content)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id })
      .setAudience(audienceOf(kind, place))
      .setExpirationTime(new Date(now + lifetime))
      .encrypt(key);
    return `${cookieName(kind)}=${token}; Max-Age=${Math.floor(lifetime / 1000)}${attributes}`;
  }

  /** Undefined for one that is over, that was altered, or that was made for another place. */
  async open(kind: Kind, place: CookiePlace, cookies: string | undefined): Promise<JWTPayload | undefined> {
    const token = cookieIn(cookies, cookieName(kind));
    if (token === undefined) return undefined;
    try {
      const { payload } = await jwtDecrypt(token, ({ kid }) => this.#keyNamed(kid), {
        audience: audienceOf(kind, place),
        currentDate: new Date(this.clock.wallTime()),
        requiredClaims: ['exp'],
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return payload;
    } catch {
      return undefined;
    }
  }

  /** The header that takes the cookie away. */
  remove(kind: Kind): string {
    return `${cookieName(kind)}=; Max-Age=0${attributes}`;
  }

  get #keys() {
    const shared = this.settings.active.settings.store?.redis.encryptionKeys;
    return shared?.map(({ id, key }) => ({ id, key: derived(key.reveal()) })) ?? this.#own;
  }

  #keyNamed(name: string | undefined): Uint8Array {
    const key = this.#keys.find(({ id }) => id === name)?.key;
    if (key === undefined) throw new Error('sealed with a key that is not in use');
    return key;
  }
}

/** RFC 6265bis §4.1.3.2: of this host, sent over TLS only. Lax: the provider leads people back by a link. */
const attributes = '; Path=/; Secure; HttpOnly; SameSite=Lax';

function cookieName(kind: Kind): string {
  return `__Host-token-broker-${kind}`;
}

/**
 * Undefined where there are several: one of them was tossed here by another host of the domain. For the same reason only
 * the space that browsers send (RFC 6265 §5.4) is cut off: some let other hosts set the name after a byte 0xA0.
 */
function cookieIn(cookies = '', name: string): string | undefined {
  const pairs = cookies.split(';').map((one) => one.replace(/^ /, ''));
  const [found, ...others] = pairs.filter((pair) => pair.startsWith(`${name}=`));
  return others.length === 0 ? found?.slice(name.length + 1) : undefined;
}

function audienceOf(kind: Kind, { oidc: { issuer, clientId }, host }: CookiePlace): string {
  return digest([kind, issuer, clientId, host.toLowerCase()]);
}

function derived(key: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', Buffer.from(key, 'base64'), '', 'management session', 32));
}
