import { describe, expect, it } from 'vitest';
import { FailedLogins } from './failed-logins.js';

describe('failed authentications', () => {
  it('are limited to 50 a second for each address', () => {
    const logins = new FailedLogins();
    for (let n = 0; n < 50; n++) {
      logins.check('192.0.2.1', 1_000_000);
      logins.count('192.0.2.1', 1_000_000);
    }
    expect(() => logins.check('192.0.2.1', 1_000_000)).toThrow('were refused');
    expect(() => logins.check('192.0.2.2', 1_000_000)).not.toThrow();
    expect(() => logins.check('192.0.2.1', 1_000_020)).not.toThrow();
  });
});
