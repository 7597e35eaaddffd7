/** What makes an answer unusable. The message says it in fixed words, never with a value from the answer. */
export class MalformedAnswer extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
