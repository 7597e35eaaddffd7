/** Whether a command line names a command, or asks for help, instead of starting the broker. */
export function isForTool([first]: readonly string[]): boolean {
  if (first === undefined || first === '') return false;
  return !first.startsWith('-') || first === '--help' || first === '-h';
}
