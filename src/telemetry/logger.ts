import { format } from 'node:util';
import winston from 'winston';
import { errorCode, WorkerError } from '../base/errors.js';
import { escapeUnprintable } from './unprintable.js';

/** The property in which winston keeps the finished line (triple-beam). */
const MESSAGE = Symbol.for('message');

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Messages are constant; whatever varies is a field. Fields never contain a secret or the text of a block: the parts log
 * ids, counts and codes.
 */
export interface Logger {
  error(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  debug(message: string, fields?: object): void;
  /** A logger that adds these fields to each of its messages. */
  child(fields: object): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Readable lines instead of one JSON object per line. */
  readonly readable: boolean;
  readonly colour: boolean;
}

/** Logs to stderr; stdout is for data. */
export function createLogger(options: LoggerOptions): Logger {
  const lines = options.readable ? readableLines(options.colour) : jsonLines;
  return winston.createLogger({
    level: options.level,
    format: winston.format.combine(plainErrors(), winston.format.timestamp(), lines),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's typings name another package's class
    transports: new winston.transports.Console({
      stderrLevels: ['error', 'warn', 'info', 'debug'],
    }),
  });
}

/** Readable lines if stderr is a terminal, otherwise JSON. */
export function loggerForTerminal(level: LogLevel): Logger {
  const readable = process.stderr.isTTY;
  return createLogger({
    level,
    readable,
    colour: readable && process.env['NO_COLOR'] === undefined,
  });
}

/** JSON escapes only C0. On a terminal, C1 and bidirectional controls would still take effect. */
const jsonLines = winston.format.combine(
  winston.format.json(),
  winston.format((info) => {
    const line = info[MESSAGE];
    if (typeof line === 'string') info[MESSAGE] = escapeUnprintable(line);
    return info;
  })(),
);

/** Logs errors as name, code and message, with their causes. Stacks would bury the other lines. */
const plainErrors = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) {
    if (value instanceof Error) info[key] = describeError(value);
  }
  return info;
});

/** An error as a plain object: name, message, code, fix and cause. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const described: Record<string, unknown> = {
    name: error.name,
    message: describeMessage(error),
  };
  const code = errorCode(error);
  if (code !== undefined) described['code'] = code;
  if (error instanceof WorkerError && error.fix !== undefined) described['fix'] = error.fix;
  if (error.cause !== undefined) described['cause'] = describeError(error.cause);
  return described;
}

/** When a connection fails on each address of a host, Node leaves the message empty and nests the errors. */
function describeMessage(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message;
  return error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join('; ');
}

const LEVEL_COLOURS: Readonly<Record<string, string>> = {
  error: '31',
  warn: '33',
  info: '32',
  debug: '90',
};

function readableLines(colour: boolean): winston.Logform.Format {
  return winston.format.printf(({ level, message, timestamp, ...fields }) => {
    const time = String(timestamp).slice(11, 23);
    const name = level.padEnd(5);
    const shownLevel = colour ? `\u001b[${LEVEL_COLOURS[level] ?? '0'}m${name}\u001b[0m` : name;
    const shownFields = Object.entries(fields).map(([key, value]) => `${key}=${oneLine(value)}`);
    return [time, shownLevel, oneLine(message), ...shownFields].join(' ');
  });
}

/** Text from a database or server may contain line breaks and terminal escapes, which could forge log lines. */
function oneLine(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? format(value));
  return escapeUnprintable(text);
}
