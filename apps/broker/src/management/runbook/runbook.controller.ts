import { readFile } from 'node:fs/promises';
import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { pageHeaders } from '../../pages/page-headers.js';
import { Needs } from '../access/access.guard.js';

const file = new URL('./runbook.md', import.meta.url);

/** What to do about each alert, readable by the one whom an alert has woken. */
@Needs('viewer')
@Controller()
export class RunbookController {
  #page: Promise<string> | undefined;

  @Get('runbook')
  async page(@Res() reply: FastifyReply): Promise<void> {
    this.#page ??= rendered();
    void reply
      .headers(pageHeaders)
      .type('text/html; charset=utf-8')
      .send(await this.#page);
  }
}

/** Loaded when it is first read: at a start it would cost time and memory for good. */
async function rendered(): Promise<string> {
  const [{ runbookPage }, markdown] = await Promise.all([
    import('./runbook-page.js'),
    readFile(file, 'utf8'),
  ]);
  return runbookPage(markdown);
}
