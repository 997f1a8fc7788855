/** What every long-lived part looks like from outside. */
export interface Service {
  /** Starts it; rejects if it cannot start. */
  start(): Promise<void>;
  /** Ends it and waits until it has let go of everything. Safe to call twice, or without a start. */
  stop(): Promise<void>;
}
