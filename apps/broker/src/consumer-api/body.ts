import type { IncomingMessage } from 'node:http';
import { HttpFailure } from '../core/failure-response.js';
import { bodyLimit, onMalformedBody } from '../core/http-listener.js';

/**
 * The whole body of a request; empty when there is none.
 * @throws HttpFailure 413 beyond 16 KiB; 400 when the client disconnects before its end
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // Node has ended the stream already when there is no body (`optimizeEmptyRequests`).
    if (request.readableEnded) return resolve(Buffer.alloc(0));
    onMalformedBody(request, reject);
    if (Number(request.headers['content-length']) > bodyLimit) return reject(tooLarge());
    request
      .on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= bodyLimit) chunks.push(chunk);
        else reject(tooLarge());
      })
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', () => reject(endedEarly()))
      .once('close', () => reject(endedEarly()));
  });
}

/** What the client still sends is not worth reading: the connection ends with the response. */
function tooLarge(): HttpFailure {
  return HttpFailure.of(413, undefined, { connection: 'close' });
}

function endedEarly(): HttpFailure {
  return HttpFailure.of(400, 'the body ended early');
}
