import type { Logger } from '../../src/telemetry/logger.js';

export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: object;
}

/** A logger that keeps its lines for tests. */
export class MemoryLog implements Logger {
  readonly lines: LogLine[];
  readonly #fields: object;

  constructor(lines: LogLine[] = [], fields: object = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  error(message: string, fields?: object): void {
    this.#add('error', message, fields);
  }

  warn(message: string, fields?: object): void {
    this.#add('warn', message, fields);
  }

  info(message: string, fields?: object): void {
    this.#add('info', message, fields);
  }

  debug(message: string, fields?: object): void {
    this.#add('debug', message, fields);
  }

  child(fields: object): Logger {
    return new MemoryLog(this.lines, { ...this.#fields, ...fields });
  }

  /** Lines of these levels as text, for the messages of failing tests. */
  format(...levels: LogLine['level'][]): string[] {
    return this.lines
      .filter(({ level }) => levels.includes(level))
      .map(({ level, message, fields }) => `${level} ${message} ${JSON.stringify(fields, errorsAsText)}`);
  }

  #add(level: LogLine['level'], message: string, fields: object = {}): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}

function errorsAsText(_key: string, value: unknown): unknown {
  return value instanceof Error ? String(value) : value;
}
