/** Something that does not work well, and the statements that change it. */
export interface Problem {
  readonly found: string;
  readonly fix: readonly string[];
}
