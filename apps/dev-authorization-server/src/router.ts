import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, emptyAnswer, jsonAnswer } from './answer.js';
import { BodyTooLarge } from './read-body.js';

/** Either gives the answer, or sends it by itself. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<Answer | void>;

/** Path -> method -> handler. */
export type Routes = ReadonlyMap<string, Readonly<Record<string, Handler>>>;

/** Finds the handler and sees the request to its end, whatever fails. */
export class Router {
  constructor(private readonly routes: Routes) {}

  async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#handler(request)(request, response);
      if (answer) send(answer, response);
    } catch (error) {
      this.#failed(error, response);
    }
  }

  #handler({ method = '', url = '' }: IncomingMessage): Handler {
    const methods = this.routes.get(url.split('?')[0] ?? '');
    if (methods === undefined) return async () => jsonAnswer(404, { error: 'not_found' });
    if (Object.hasOwn(methods, method)) return methods[method] as Handler;
    return async () => emptyAnswer(405, { allow: Object.keys(methods).join(', ') });
  }

  #failed(error: unknown, response: ServerResponse): void {
    // The client went away: nobody is left to be told.
    if (response.destroyed) return;
    if (error instanceof BodyTooLarge) return send(emptyAnswer(413), response);
    process.stderr.write(`${String(error)}\n`);
    if (response.headersSent) response.destroy();
    else send(emptyAnswer(500), response);
  }
}

function send(answer: Answer, response: ServerResponse): void {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.end(answer.body);
}
