import type { DestinationStream, Logger } from 'pino';
import type { SettingsFile } from '../settings/settings-file.js';

export interface LogOutput extends DestinationStream {
  /** Lines that could not be written. */
  readonly droppedLines?: number;
}

/** What a process gives to the broker in it. */
export interface BrokerOptions {
  file: SettingsFile;
  log: Logger;
  /** Where the lines of the log go. */
  output: LogOutput;
  /** Semantic version of this build. */
  version: string;
}

/** Injection tokens of what is no class. */
export const LOG = Symbol('log');
export const LOG_OUTPUT = Symbol('log output');
export const VERSION = Symbol('version');
export const REPLICA_NAME = Symbol('replica name');
/** The tracer of an OpenTelemetry SDK; undefined without one. */
export const TRACER = Symbol('tracer');
