/** The settings cannot be used. Neither message nor faults hold a secret or the value of an environment variable. */
export class SettingsFault extends Error {
  /**
   * @param faults each one line, `path.to.field: must be ...`
   * @param sources absolute paths of the files that were read or looked for
   */
  constructor(
    readonly faults: readonly string[],
    readonly sources: readonly string[],
  ) {
    super(['the settings are invalid', ...faults].join('\n'));
    this.name = 'SettingsFault';
  }
}
