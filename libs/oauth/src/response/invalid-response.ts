/** What makes a response unusable. The message says it in fixed words, never with a value from the response. */
export class InvalidResponse extends Error {
  override readonly name = 'InvalidResponse';
}
