/** What looks wrong about a credential as it is written: each a few words that tell nothing of it. */
export function oddities(text: string): string[] {
  const checks: [boolean, string][] = [
    [/^\s/.test(text), 'begins with white space'],
    [/\s$/.test(text), 'ends in white space'],
    [/[\r\n]/.test(text.trim()), 'has a line break within'],
    [/^(["'`]).*\1$/s.test(text.trim()), 'stands in quotes that are part of it'],
    [/[\p{Cf}\u00A0]/u.test(text), 'has an invisible character in it'],
    [
      /^(?:\$\{?\w+\}?|<.*>|change-?me)$/i.test(text.trim()),
      'looks like a placeholder that nothing was put into',
    ],
    [text.trim().startsWith('tbk_'), "looks like a consumer's API key of this broker"],
    [isEncodedText(text.trim()), 'looks like base64 of a line of text: Kubernetes shows secrets so'],
  ];
  return checks.filter(([isSo]) => isSo).map(([, words]) => words);
}

/** By its line break at the end: a random secret in base64 decodes to no such text. */
function isEncodedText(text: string): boolean {
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(text) || text.length % 4 !== 0) return false;
  return /^[\x20-\x7E]+\n$/.test(Buffer.from(text, 'base64').toString('latin1'));
}
