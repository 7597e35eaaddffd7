import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';

/** One request that waits for its answer on a connection of its own. */
export interface Call {
  /** All of it has left this process. */
  sent: Promise<void>;
  answer: Promise<{ status: number | undefined; body: Record<string, unknown> }>;
}

/** Callers that each hold a connection at the same time, which `fetch` leaves to its pool. */
export class ManyCallers {
  readonly #agent = new Agent({ maxSockets: Infinity });

  get(url: string, key: string): Call {
    const call = request(url, { agent: this.#agent, headers: { authorization: `Bearer ${key}` } });
    const sent = new Promise<void>((resolve, reject) => call.once('finish', resolve).once('error', reject));
    const answer = new Promise<Awaited<Call['answer']>>((resolve, reject) => {
      call.once('error', reject);
      call.once('response', (response) => {
        json(response).then(
          (body) => resolve({ status: response.statusCode, body: body as Record<string, unknown> }),
          reject,
        );
      });
    });
    call.end();
    return { sent, answer };
  }

  close(): void {
    this.#agent.destroy();
  }
}
