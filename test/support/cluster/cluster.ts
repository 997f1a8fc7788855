/** How to stop a server: `fast` ends its sessions cleanly, `immediate` is like a crash. */
export type ShutdownMode = 'fast' | 'immediate';

/**
 * A temporary PostgreSQL server with pgvector. It is removed when this process ends, even if that is killed.
 */
export interface Cluster {
  /** URL of the database `postgres`, as the superuser. */
  readonly url: string;
  /** Shown to the user. */
  readonly description: string;
  /** Stops and starts the server, on the same port with the same data. */
  restart(mode: ShutdownMode): Promise<void>;
  /** Stops the server until `resume()`. */
  halt(mode: ShutdownMode): Promise<void>;
  resume(): Promise<void>;
  /** Stops the server for good and deletes its files. */
  stop(): Promise<void>;
}
