/** What `backfill --json` prints. */
export interface BackfillJson {
  readonly dryRun: boolean;
  readonly interrupted: boolean;
  readonly estimated: boolean;
  readonly found: number;
  readonly enqueued: number;
  readonly alreadyQueued: number;
  readonly requeued: { readonly completed: number; readonly error: number; readonly skipped: number };
  readonly lastId: string | null;
  readonly ended: {
    readonly completed: number;
    readonly skipped: number;
    readonly error: number;
    readonly gone: number;
    readonly waiting: number;
  } | null;
  readonly seconds: number;
}
