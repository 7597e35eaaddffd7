import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { assertionClaims, type AssertionClaims, assertionIdentity } from '#oauth/request/assertion-file.js';
import { Secret } from '#tokens/model/secret.js';
import type { SettingsPath } from '../paths.js';
import { countPrivateKeys, type PrivateKey, readPrivateKey } from './private-key.js';
import { isFileReference, type TextOrFile } from '../schema/text-or-file.js';
import { type Essence, type SourceFiles, UnreadableFile } from '../yaml/source-files.js';

/** Reads what may stand in the settings or in a file of its own. What has a fault, or is left out, is undefined. */
export class FileReader {
  /**
   * @param folder that relative paths start from
   * @param written the text as written, by path, of values with variables in them: theirs are not to be shown
   */
  constructor(
    private readonly sources: SourceFiles,
    private readonly folder: string,
    private readonly written: ReadonlyMap<string, string>,
  ) {}

  /** The absolute path of a file or folder that the settings name. */
  path(name: string): string {
    return resolve(this.folder, name);
  }

  /** Of an inline secret white space is kept and warned about, of one in a file it is trimmed. */
  secret(value: TextOrFile | undefined, path: SettingsPath): Secret | undefined {
    const text = this.#text(value, path);
    if (text === undefined) return undefined;
    if (/[\r\n]/.test(text.trim())) {
      path.warn('contains a line break; it is compared literally');
    } else if (text !== text.trim()) {
      path.warn('has surrounding white space; it is compared literally');
    }
    return new Secret(text);
  }

  /** Text in which surrounding white space means nothing, such as PEM or a URL. */
  trimmed(value: TextOrFile | undefined, path: SettingsPath): string | undefined {
    return this.#text(value, path)?.trim();
  }

  /** An unencrypted private key in PEM, or a JWK. */
  privateKey(value: TextOrFile | undefined, path: SettingsPath): PrivateKey | undefined {
    const pem = this.trimmed(value, path);
    if (pem === undefined) return undefined;
    const read = readPrivateKey(pem);
    if ('fault' in read) {
      path.fault(read.fault);
      return undefined;
    }
    const count = countPrivateKeys(pem);
    if (count > 1)
      path.warn(`has ${count} private keys, of which the first is used; for a rotation make a list of two`);
    return read;
  }

  /** One or more certificates in PEM, in their order. */
  certificates(
    value: TextOrFile | undefined,
    path: SettingsPath,
  ): { pem: string; first: X509Certificate } | undefined {
    const pem = this.trimmed(value, path);
    if (pem === undefined) return undefined;
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    try {
      const [first] = blocks.map((block) => new X509Certificate(block));
      if (first !== undefined) return { pem, first };
    } catch {
      // The same fault as that of no block at all.
    }
    path.fault('must be a certificate in PEM');
    return undefined;
  }

  /** A certificate with its private key; undefined, and faults, unless they are a pair. */
  pair(
    { certificate, key }: { certificate?: TextOrFile | undefined; key?: TextOrFile | undefined },
    certificatePath: SettingsPath,
    keyPath: SettingsPath,
  ): { certificate: string; key: Secret } | undefined {
    const read = this.certificates(certificate, certificatePath);
    const own = this.privateKey(key, keyPath);
    if (read === undefined || own === undefined) return undefined;
    if (read.first.checkPrivateKey(own.key)) return { certificate: read.pem, key: own.pem };
    keyPath.fault('must be the private key of the certificate');
    return undefined;
  }

  /** The certificates of the authorities to trust, in PEM. */
  authorities(value: TextOrFile | undefined, path: SettingsPath): string | undefined {
    return this.certificates(value, path)?.pem;
  }

  /**
   * A JWT in a file that another program replaces from time to time. A version of the settings has its claims only, so
   * that no new version comes of a JWT that says the same.
   */
  assertion(file: string, path: SettingsPath): { file: string; claims: AssertionClaims } | undefined {
    if (!path.isValid) return undefined;
    const text = this.#file(file, path, (content) => {
      const claims = assertionClaims(content.trim());
      return claims && assertionIdentity(claims);
    });
    if (text === undefined) return undefined;
    const claims = assertionClaims(text);
    if (claims !== undefined) return { file: this.path(file), claims };
    path.fault('must lead to a JWT with a subject (sub)');
    return undefined;
  }

  #text(value: TextOrFile | undefined, path: SettingsPath): string | undefined {
    if (value === undefined || !path.isValid) return undefined;
    const text = isFileReference(value) ? this.#file(value.file, path.key('file')) : value;
    if (text?.trim() === '') path.fault('must not be empty');
    return path.isValid ? text : undefined;
  }

  #file(file: string, path: SettingsPath, essence?: Essence): string | undefined {
    const absolute = this.path(file);
    try {
      return this.sources.read(absolute, essence).trim();
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      const shown = this.written.get(String(path)) ?? absolute;
      path.fault(`must be a readable file: ${printable(shown)} (${error.message})`);
      return undefined;
    }
  }
}

export function printable(path: string): string {
  return path.replaceAll(/\p{C}|\p{Zl}|\p{Zp}/gu, '?');
}
