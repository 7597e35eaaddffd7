import { LRUCache } from 'lru-cache';
import type { ConsumerDirectory, KnownCredential } from '#consumers/consumer-directory.js';
import { certificateFault, type ClientCertificate } from '#consumers/client-certificate.js';
import {
  type Credential,
  ExpiredKey,
  noSuchKey,
  unknownCredential,
  withoutRule,
} from '#consumers/credential.js';
import type { Clock } from '#tokens/model/clock.js';
import type { WorkloadVerifier } from '#workloads/workload-verifier.js';

/** A credential that was verified, in the very words in which it came. */
interface VerifiedCredential {
  /** A whole header `Authorization`, or the API key or JWT from a form. */
  text: string;
  source: 'header' | Credential['kind'];
  credential: KnownCredential;
  /** Milliseconds since 1970. */
  until: number;
}

/** One that is a text. */
type PlainCredential = Exclude<Credential, { kind: 'certificate' }>;

function checkName({ consumer }: KnownCredential, named = consumer.name): void {
  if (named === consumer.name) return;
  const shown = JSON.stringify(named.slice(0, 100));
  throw unknownCredential(
    `the credential is that of consumer ${consumer.name}, and client_id names ${shown}`,
  );
}

/** Characters of credentials that are cached: some 8,000 JWTs of a cluster. */
const maxCachedCharacters = 8 * 1024 * 1024;

/**
 * The consumers of one version of the settings, by their credentials. To verify one takes longer than all other work of
 * a cache hit: SHA-256 for an API key, a signature for a JWT. Refused credentials are not cached.
 */
export class KnownConsumers {
  /** By the end of the text: hashing a whole JWT for the look-up takes longer than comparing it. */
  readonly #verified = new LRUCache<string, VerifiedCredential>({
    maxSize: maxCachedCharacters,
    sizeCalculation: ({ text }) => text.length,
  });

  readonly #certificates = new WeakMap<ClientCertificate, KnownCredential>();

  constructor(
    private readonly directory: ConsumerDirectory,
    private readonly workloads: Pick<WorkloadVerifier, 'verify'>,
    private readonly clock: Clock,
    /** Of client certificates, as the settings have them now, PEM: open connections began under others, perhaps. */
    private readonly authorities?: string,
  ) {}

  /**
   * Whose this very header has been verified to be, until the JWT in it has to be verified anew.
   * @param header value of the only `Authorization` header of a request
   */
  known(header: string | undefined): KnownCredential | undefined {
    return header === undefined ? undefined : this.#cached('header', header);
  }

  /**
   * A right key under another consumer's name reads like an unknown credential.
   * @param admit called before a credential is verified that is not cached; what it throws ends the attempt
   * @throws Failure `invalid_client`; `temporarily_unavailable` when the keys of a JWT's issuer cannot be fetched
   */
  async identify(credential: Credential, admit: () => void = () => {}): Promise<KnownCredential> {
    if (credential.kind === 'certificate') return this.#byCertificate(credential, admit);
    const [source, text] =
      credential.header === undefined
        ? ([credential.kind, secretOf(credential)] as const)
        : (['header', credential.header] as const);
    let known = this.#cached(source, text);
    let until = 0;
    if (known === undefined) {
      admit();
      ({ known, until } = await this.#verify(credential));
    }
    checkName(known, credential.name);
    if (until > this.clock.wallTime())
      this.#verified.set(keyOf(text), { text, source, credential: known, until });
    return known;
  }

  /** Whose a good certificate is stays known as long as its connection lives, or until it expires. */
  #byCertificate(
    { certificate, name }: Credential & { certificate: ClientCertificate },
    admit: () => void,
  ): KnownCredential {
    let fault = certificateFault(certificate, this.clock.wallTime());
    let known = this.#certificates.get(certificate);
    if (known === undefined) {
      admit();
      if (isIssuerRemoved(certificate, this.authorities)) fault ??= issuerRemoved;
      known = fault === undefined ? this.directory.byCertificate(certificate) : undefined;
    }
    if (fault !== undefined) throw unknownCredential(fault);
    if (known === undefined) throw unknownCredential(withoutRule(spiffeOrSubject(certificate)));
    checkName(known, name);
    this.#certificates.set(certificate, known);
    return known;
  }

  async #verify(credential: PlainCredential): Promise<{ known: KnownCredential; until: number }> {
    if (credential.kind === 'api_key') {
      const known = this.directory.byApiKey(credential.key);
      if (known === undefined) throw unknownCredential(noSuchKey);
      const { expiresAt: until = Infinity } = known;
      if (until <= this.clock.wallTime()) throw new ExpiredKey(known, until);
      return { known, until };
    }
    const workload = await this.workloads.verify(credential.jwt);
    const known = this.directory.byWorkload(workload);
    if (known === undefined) throw unknownCredential(withoutRule(`the subject ${workload.subject}`));
    return { known, until: workload.verifiedUntil };
  }

  #cached(source: VerifiedCredential['source'], text: string): KnownCredential | undefined {
    const verified = this.#verified.get(keyOf(text));
    if (verified?.text !== text || verified.source !== source) return undefined;
    const { until, credential } = verified;
    return until === Infinity || until > this.clock.wallTime() ? credential : undefined;
  }
}

const issuerRemoved =
  'the client certificate is issued by an authority that listen.tls.clientCa no longer has';

/** What lies between a certificate and its authority is known at the beginning of a connection only: such ones stay. */
function isIssuerRemoved(certificate: ClientCertificate, authorities = ''): boolean {
  const { judgedBy = '' } = certificate;
  if (judgedBy === authorities) return false;
  return certificate.isIssuedBy(judgedBy) && !certificate.isIssuedBy(authorities);
}

/** The signature of a JWT, or most of an API key. */
function keyOf(text: string): string {
  return text.slice(-40);
}

function spiffeOrSubject({ spiffeId, subject }: ClientCertificate): string {
  return spiffeId === undefined ? `the certificate of ${subject}` : `the SPIFFE ID ${spiffeId}`;
}

function secretOf(credential: PlainCredential): string {
  return (credential.kind === 'api_key' ? credential.key : credential.jwt).reveal();
}
