import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import type { FaultSpec } from '../../stand-in/fault-rule.js';
import type { RequestRecord } from '../../stand-in/request-log.js';
import type { StandInStats } from '../../stand-in/stand-in.js';
import type { BlockModel } from '../writer/model.js';
import { MARKS } from '../writer/texts.js';
import { CONTEXT_TOKENS } from './timing.js';

export interface OllamaOptions {
  readonly seed: number;
  readonly requestMs?: number;
  readonly textMs?: number;
}

/** The stand-in in a process of its own, with the texts that it never embeds. */
export class Ollama {
  readonly #standIn: LaunchedStandIn;
  readonly #once = new Set<string>();

  private constructor(standIn: LaunchedStandIn) {
    this.#standIn = standIn;
  }

  static async start({ seed, requestMs = 4, textMs = 2 }: OllamaOptions): Promise<Ollama> {
    const standIn = await launchStandIn({
      controlPort: 0,
      requestMs,
      textMs,
      seed,
      contextTokens: CONTEXT_TOKENS,
      recordTexts: true,
      logSize: 20_000,
    });
    await standIn.addFault({ preset: 'poison', text: MARKS.poison });
    await standIn.addFault({ preset: 'nan', text: MARKS.nan });
    await standIn.addFault({ preset: 'crash-eof', text: MARKS.crash });
    return new Ollama(standIn);
  }

  get url(): string {
    return this.#standIn.url;
  }

  /** Makes ready for texts that are about to be written: those that crash it once are told to. */
  async expect(blocks: readonly (BlockModel | undefined)[]): Promise<void> {
    for (const block of blocks) {
      if (block?.nature !== 'crash-once' || this.#once.has(block.word)) continue;
      this.#once.add(block.word);
      await this.#standIn.addFault({ preset: 'crash-gone', text: `${MARKS.once}-${block.word}.`, count: 1 });
    }
  }

  /** @returns removes it, and lets go what hangs through it */
  async inject(spec: FaultSpec): Promise<() => Promise<void>> {
    const id = await this.#standIn.addFault(spec);
    return () => this.#standIn.clearFaults(id).catch(() => undefined);
  }

  stats(): Promise<StandInStats> {
    return this.#standIn.stats();
  }

  /** Those whose texts hold this. */
  async requestsWith(word: string): Promise<RequestRecord[]> {
    const pattern = new RegExp(`\\b${word}\\b`);
    return (await this.#standIn.requests()).filter(({ recordedTexts }) =>
      recordedTexts?.some((text) => pattern.test(text)),
    );
  }

  stop(): Promise<void> {
    return this.#standIn.stop();
  }
}
