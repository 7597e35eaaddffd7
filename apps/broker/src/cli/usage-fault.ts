/** The command line cannot be followed; the message is one line that says what to write instead. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}
