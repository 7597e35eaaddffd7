import { randomUUID } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type ExitStatus, exitStatus, UsageError } from '../command.js';
import type { Output } from '../output.js';
import { type BrokerResponse, BrokerUnreachable } from './broker-request.js';
import type { TokenForm } from './token-form.js';
import { refusalLines } from './token-report.js';

/** Seconds between attempts: doubled from the first to the last, or as `Retry-After` says. */
const firstPause = 1;
const lastPause = 60;

/** A file that always holds a token, for a program that can read nothing but a file. */
export class TokenFile {
  constructor(
    private readonly path: string,
    private readonly form: TokenForm,
    private readonly request: () => Promise<BrokerResponse>,
    private readonly output: Output,
  ) {}

  /** @throws BrokerUnreachable, UsageError when the file cannot be written */
  async writeOnce(): Promise<ExitStatus> {
    const response = await this.request();
    if (await this.#written(response)) return exitStatus.fine;
    this.#reportRefusal(response);
    return exitStatus.wrong;
  }

  /**
   * Until it is stopped. The file keeps the last token while the broker has none: it may still be good.
   * @throws UsageError when the file cannot be written
   */
  async keepFresh(stopped: AbortSignal): Promise<ExitStatus> {
    let hasWritten = false;
    for (let pause = firstPause; !stopped.aborted; pause = Math.min(2 * pause, lastPause)) {
      const response = await this.#response();
      if (response && (await this.#written(response))) {
        hasWritten = true;
        pause = firstPause / 2;
        await sleep(Math.max(firstPause, response.token?.refreshIn ?? 0), stopped);
        continue;
      }
      if (response) this.#reportRefusal(response);
      // Wrong from the start: a key, a scope or an address that someone must correct.
      if (response && !hasWritten && isFinal(response.status)) return exitStatus.wrong;
      await sleep(Math.max(pause, Number(response?.retryAfter) || 0), stopped);
    }
    return exitStatus.fine;
  }

  async #response(): Promise<BrokerResponse | undefined> {
    try {
      return await this.request();
    } catch (error) {
      if (!(error instanceof BrokerUnreachable)) throw error;
      this.output.error(`the broker cannot be reached (${error.reason}); retrying`);
      return undefined;
    }
  }

  async #written({ token }: BrokerResponse): Promise<boolean> {
    if (token === undefined) return false;
    try {
      await replaceFile(this.path, this.form.render(token, Date.now()));
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'error';
      throw new UsageError(`token: the file ${this.path} cannot be written (${reason})`);
    }
    this.output.line(`${this.path}: a token for ${token.expiresIn} s, renewed in ${token.refreshIn} s`);
    return true;
  }

  #reportRefusal(response: BrokerResponse): void {
    for (const line of refusalLines(response)) this.output.error(line);
  }
}

function isFinal(status: number): boolean {
  return status < 500 && status !== 429;
}

/** A reader sees the old content or the new, never a part: the file is made beside it and takes its name. */
async function replaceFile(path: string, content: string): Promise<void> {
  const made = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(made, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(made, path);
  } catch (error) {
    await unlink(made).catch(() => {});
    throw error;
  }
}

/** Ends early when it is stopped. */
async function sleep(seconds: number, stopped: AbortSignal): Promise<void> {
  await setTimeout(seconds * 1000, undefined, { signal: stopped }).catch(() => {});
}
