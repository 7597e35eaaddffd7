/** What a credential looks like wherever it stands. */
const everywhere: Readonly<Record<string, RegExp>> = {
  'a private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)+[A-Za-z0-9+/=]{20}/,
  'an API key of this broker': /tbk_[\w-]{43}/,
  'a JWT': /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/,
  'a key of a cloud or code host':
    /\b(?:AKIA[A-Z0-9]{16}|gh[pousr]_\w{36}|glpat-[\w-]{20}|xox[abp]-[\w-]{10,})/,
};

/** Where a secret is a variable or a file; in code the same names stand for values of types and tests. */
const inSettings = /\.(?:ya?ml|env|md|conf|toml)$|(?:^|\/)(?:Dockerfile|\.env)[^/]*$/;
const secretField =
  /^[\s#\-{"']*(?:clientSecret|client_secret|privateKey|bearerToken|password|\w*(?:SECRET|PASSWORD))["']?\s*[:=]\s*(?:-\s+)?(\S.*)$/gm;
const variableOrFile = /^["'[\s]*(?:\$\{|\{? *file:|os\.environ\[|tbk_(?:\.\.\.|…))/;
/** In OpenAPI a field of this name is described by a schema; for cert-manager it says how a key is made. */
const schema = /^\{? *(?:type|description|\$ref|algorithm|rotationPolicy): /;

/** Which kinds of credentials a file seems to hold; never the credential itself. */
export function leaksIn(path: string, text: string): string[] {
  const leaks = Object.entries(everywhere).flatMap(([kind, pattern]) => (pattern.test(text) ? [kind] : []));
  if (!inSettings.test(path)) return leaks;
  const fields = [...text.matchAll(secretField)].filter(
    ([, value]) => !variableOrFile.test(value!) && !schema.test(value!),
  );
  return [...leaks, ...fields.map(() => 'a secret that is neither ${VARIABLE} nor { file }')];
}
