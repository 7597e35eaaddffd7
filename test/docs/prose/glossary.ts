/** What is not written, and what is written instead: CONTRIBUTING.md, "Style". */
export const glossary: readonly (readonly [pattern: string, instead: string])[] = [
  ['(?:tell|tells|told|telling)', 'return, report, log, say, show'],
  ['(?:nobody|somebody|whoever|everybody|anybody)', 'no one, someone, anyone, each consumer, operators'],
  ['at hand', 'cached, known'],
  ['(?:go|goes|going|went) on', 'continue'],
  ['by (?:itself|themselves)', 'alone, automatically, of its own'],
  ['of use', 'useful'],
  ['but for', 'except'],
  ['at the most', 'at most'],
  ['(?:hand|hands|handed|handing) out', 'serve, issue'],
  ['(?:utilize|utilise|utilizes|utilises)', 'use'],
  ['in order to', 'to'],
  ['(?:whitelist|blacklist)', 'allow list, block list'],
  ['simply', 'nothing: leave it out'],
  ['please', 'nothing: leave it out'],
];
