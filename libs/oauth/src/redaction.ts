/** Control characters (C0, C1), invisible ones with the bidi controls among them, line separators, lone surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const jwt = /eyJ[\w-]{5,}(?:\.[\w-]*)*/g;
const maxLength = 200;

/** Makes text of an authorization server fit for messages and logs: some servers echo what they received. */
export class Redaction {
  readonly #secrets: readonly string[];
  #encodedForms: readonly string[] | undefined;

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  /** Strips what does not print, hides the secrets and all that looks like a JWT, and cuts to 200 characters. */
  clean(text: string): string {
    // The secrets go first: a cut through one of them would leave a part that is not recognized.
    return [...this.hide(strip(text))].slice(0, maxLength).join('');
  }

  /** Hides the secrets and all that looks like a JWT. */
  hide(text: string, mask = '[redacted]'): string {
    return this.#hidden()
      .reduce((rest, secret) => rest.replaceAll(secret, mask), text)
      .replace(jwt, mask);
  }

  /** Longest first, as one may contain another. Computed on first use: most responses are good and need none of it. */
  #hidden(): readonly string[] {
    this.#encodedForms ??= [...new Set(this.#secrets.flatMap(encodedForms).map(strip))]
      .filter((form) => form !== '')
      .toSorted(byLength);
    return this.#encodedForms;
  }
}

function strip(text: string): string {
  return text.replace(unprintable, '');
}

const entities: Readonly<Record<string, string[]>> = {
  '&': ['&amp;', '&amp;'],
  '<': ['&lt;', '&lt;'],
  '>': ['&gt;', '&gt;'],
  '"': ['&quot;', '&#34;'],
  "'": ['&#39;', '&#x27;'],
};

/** As it is, without white space at the ends, and the ways in which it stands in a URL, a form, JSON or HTML. */
function encodedForms(secret: string): string[] {
  const form = new URLSearchParams({ s: secret }).toString().slice('s='.length);
  const html = [0, 1].map((way) => secret.replaceAll(/[&<>"']/g, (one) => entities[one]![way]!));
  const url = [encodeURIComponent, encodeURI].map((encode) => encode(secret.toWellFormed()));
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, secret.trim(), form, json, ...url, ...html];
}

function byLength(a: string, b: string): number {
  return b.length - a.length;
}
