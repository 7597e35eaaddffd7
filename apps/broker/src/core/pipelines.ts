import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '#tokens/model/clock.js';

/** Requests that wait on one connection for their turn: the last of them to be answered, and when all are dropped. */
const perConnection = { answered: 64, most: 128 };
/** On all connections together. */
const inAll = 4_096;
/** Milliseconds without a response taken by the client, after which its connection is closed. */
const stalledAfter = 5_000;

interface Pipeline {
  waiting: number;
  /** Milliseconds of the monotonic clock. */
  progressAt: number;
}

/**
 * Bounds pipelined requests: Node reads them on and on while the responses wait for the client to read, and a few hundred
 * connections of a client that never does would use up the memory. A request that waits for no other costs nothing here.
 */
export class Pipelines {
  readonly #pipelines = new Map<Socket, Pipeline>();
  #waiting = 0;

  constructor(private readonly clock: Clock) {}

  /** @returns whether the request is to be answered */
  admit({ socket }: IncomingMessage, response: ServerResponse): boolean {
    // Node gives a response its socket when the response before has been sent.
    if (response.socket !== null) return true;
    if (socket.destroyed) return false;
    const pipeline = this.#pipelines.get(socket) ?? this.#begin(socket);
    pipeline.waiting++;
    this.#waiting++;
    response.once('close', () => this.#done(pipeline)).once('finish', () => this.#progress(pipeline));
    if (pipeline.waiting > perConnection.most || this.#waiting > inAll) {
      drop(socket);
      return false;
    }
    if (pipeline.waiting === perConnection.answered) response.shouldKeepAlive = false;
    return pipeline.waiting <= perConnection.answered;
  }

  /** Closes the connections whose clients take no responses. To be called each second or so. */
  closeStalled(): void {
    const before = this.clock.now() - stalledAfter;
    for (const [socket, { waiting, progressAt }] of this.#pipelines) {
      if (waiting > 0 && progressAt < before && socket.writableLength > 0) socket.destroy();
    }
  }

  #begin(socket: Socket): Pipeline {
    const pipeline = { waiting: 0, progressAt: this.clock.now() };
    this.#pipelines.set(socket, pipeline);
    socket.once('close', () => {
      this.#pipelines.delete(socket);
      this.#waiting -= pipeline.waiting;
      pipeline.waiting = 0;
    });
    return pipeline;
  }

  #progress(pipeline: Pipeline): void {
    pipeline.progressAt = this.clock.now();
  }

  #done(pipeline: Pipeline): void {
    if (pipeline.waiting === 0) return;
    pipeline.waiting--;
    this.#waiting--;
  }
}

/**
 * Closes the connection, and has Node make no more responses of what it has read already: a chunk may hold two thousand
 * requests, and all are kept until the socket is closed at the end of the turn. Node has no documented way to stop its
 * parser within a chunk; without this one the connection is closed all the same.
 */
function drop(socket: Socket & { parser?: { onIncoming: unknown } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => 0;
  socket.destroy();
}
