/** What `expect` is for a few values; it would take longer than all that is tested here. @throws Error when it is not so */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
