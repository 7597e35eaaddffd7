import { digest, Secret } from '#tokens/model/secret.js';

/** The same for the same values, secrets among them; of other classes what their JSON shows. */
export function versionOf(...values: readonly unknown[]): string {
  const text = JSON.stringify(values, function (this: Record<string, unknown>, name, value) {
    // A secret prints nothing of itself: it is compared by its hash.
    const original = this[name];
    return original instanceof Secret ? original.sha256 : (value as unknown);
  });
  return digest([text]);
}
