/** What `verify --json` prints. */
export interface VerifyJson {
  readonly complete: boolean;
  readonly sample: number | null;
  readonly threshold: number;
  readonly checked: number;
  readonly drifted: number;
  readonly inexact: number;
  readonly lowestCosine: number | null;
  readonly notEmbedded: number;
  readonly requeued: number;
  readonly left: number;
  readonly byType: readonly {
    readonly type: string;
    readonly checked: number;
    readonly drifted: number;
    readonly inexact: number;
    readonly lowestCosine: number | null;
    readonly notEmbedded: number;
  }[];
  readonly reason: { readonly code: string; readonly message: string; readonly fix: string } | null;
  readonly blocks: readonly {
    readonly id: string;
    readonly type: string;
    readonly result: string;
    readonly cosine: number | null;
    readonly requeued: boolean;
  }[];
}
