/** Secrets and tokens by a name that a failed test may show. */
export type Secrets = ReadonlyMap<string, string>;

/** What of the secrets stands in a text, in whatever form: their names and the forms, never the secrets. */
export function leaksIn(text: string, secrets: Secrets): string[] {
  return [...secrets].flatMap(([name, secret]) =>
    Object.entries(formsOf(secret)).flatMap(([form, writings]) =>
      writings.some((writing) => text.includes(writing)) ? [`${name} (${form})`] : [],
    ),
  );
}

function formsOf(secret: string): Record<string, string[]> {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const form = new URLSearchParams({ s: secret }).toString().slice('s='.length);
  const quoted = JSON.stringify(secret).slice(1, -1);
  return {
    plain: [secret],
    json: [quoted, JSON.stringify(quoted).slice(1, -1)],
    'percent-encoded': [encodeURIComponent(secret), form],
    hex: [hex, hex.toUpperCase()],
    base64: within(bytes, 'base64'),
    base64url: within(bytes, 'base64url'),
  };
}

/** As it stands in the encoding of something longer: it may start at each of three bytes, and both ends are its neighbours'. */
function within(bytes: Buffer, encoding: 'base64' | 'base64url'): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString(encoding)
      .replaceAll('=', '');
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(Math.ceil((before * 8) / 6), whole);
  });
}
