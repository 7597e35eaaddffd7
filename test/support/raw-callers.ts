import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawAnswer {
  /** When the last of it came: milliseconds of `performance.now()`. */
  at: number;
  /** Of HTTP, head and all. */
  text: string;
}

/**
 * So many callers that ask the same at the same time, over bare sockets: parsing answers would take this process longer
 * than it takes to give them. Resolves when all questions are on their way.
 */
export async function askRaw(
  url: string,
  key: string,
  count: number,
): Promise<{ answers: Promise<RawAnswer[]> }> {
  const { hostname, port, pathname, search } = new URL(url);
  const question = [
    `GET ${pathname}${search} HTTP/1.1`,
    'host: broker',
    `authorization: Bearer ${key}`,
    'connection: close',
  ];
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname).setNoDelay(true));
  const answers = Promise.all(
    sockets.map(async (socket) => {
      const answer: RawAnswer = { at: NaN, text: '' };
      socket.on('data', (chunk) => {
        answer.at = performance.now();
        answer.text += chunk.toString('latin1');
      });
      await once(socket, 'close');
      return answer;
    }),
  );
  answers.catch(() => {});
  await Promise.all(
    sockets.map(
      (socket) => new Promise<void>((sent) => socket.write(`${question.join('\r\n')}\r\n\r\n`, () => sent())),
    ),
  );
  return { answers };
}
