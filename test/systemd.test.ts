import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const text = readFileSync(join(import.meta.dirname, '../deploy/systemd/token-broker.service'), 'utf8');
const lines = text.split('\n').filter((line) => line !== '' && !/^[#;]/.test(line));

describe('the systemd unit', () => {
  it('starts the broker with its settings, and starts it again unless the settings are invalid', () => {
    expect(lines).toContainEqual(
      expect.stringMatching(/^ExecStart=\S+node \S+dist\/broker\/main\.js --config \S+$/),
    );
    expect(lines).toContain('Restart=on-failure');
    expect(lines).toContain('RestartPreventExitStatus=64 78');
  });

  it.each([
    'DynamicUser=yes',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'SystemCallFilter=@system-service',
    'UMask=0077',
  ])('has the hardening %s', (line) => {
    expect(lines).toContain(line);
  });

  it('is one of sections, settings and values, and valid for systemd-analyze where that is installed', () => {
    expect(lines.filter((line) => !/^(\[(Unit|Service|Install)\]|[A-Z]\w+=.*)$/.test(line))).toEqual([]);
    if (spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status !== 0) return;
    const folder = mkdtempSync(join(tmpdir(), 'unit-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const unit = join(folder, 'token-broker.service');
    // It also looks for the program, which is somewhere else here.
    writeFileSync(unit, text.replace('/usr/bin/node', process.execPath));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
      encoding: 'utf8',
    });
    expect(stderr.split('\n').filter((line) => line.includes('token-broker.service'))).toEqual([]);
    expect(status).toBe(0);
  });
});
