/** Lets token requests through, unless they are held; a release lets them go on in the order in which they came. */
export class Gate {
  #held: PromiseWithResolvers<void> | undefined;

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  async pass(): Promise<void> {
    await this.#held?.promise;
  }
}
