/** How a server is taken down: `fast` ends its sessions in order, `immediate` is what a crash does. */
export type ShutdownMode = 'fast' | 'immediate';

/**
 * A throw-away PostgreSQL server with pgvector, ours alone. It is gone at the latest when this process is, however that
 * ends.
 */
export interface Cluster {
  /** The superuser's, to the database `postgres`. */
  readonly url: string;
  /** What it is, for people. */
  readonly description: string;
  /** Down and up again, on the same port with the same data. */
  restart(mode: ShutdownMode): Promise<void>;
  /** Down, until `resume()`. */
  halt(mode: ShutdownMode): Promise<void>;
  resume(): Promise<void>;
  /** Down for good, its files removed. */
  stop(): Promise<void>;
}
