import type { Place } from '../place.js';

/** `$${` (a literal `${`), `${VAR}`, `${VAR:-default}`, and last any other `${`, which is malformed. */
const reference = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-((?:(?!\$\{)[^}])*))?\}|\$\{/g;

/**
 * Replaces the references to environment variables in one text; what they give is not looked at again. As in a shell,
 * `:-` also replaces an empty value. A fault names the variable, never its value.
 */
export function interpolate(text: string, environment: NodeJS.ProcessEnv, place: Place): string {
  return text.replaceAll(reference, (match, name?: string, fallback?: string) => {
    if (match === '$${') return '${';
    if (name === undefined) {
      place.fault('must have each ${ continued as ${VAR} or ${VAR:-default}; a literal ${ is written $${');
      return match;
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined && fallback === undefined) {
      place.fault(`needs the environment variable ${name}, which is not set`);
    }
    return (fallback === undefined ? value : value || fallback) ?? match;
  });
}
