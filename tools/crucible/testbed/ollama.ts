import { launchStandIn, type LaunchedStandIn } from '../../stand-in/launch.js';
import type { SwallowScope } from '../../stand-in/connections.js';
import type { Costs } from '../../stand-in/costs.js';
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
  readonly loadMs?: number;
}

/** The stand-in in its own process, with fault rules for the texts that it always rejects. */
export class Ollama {
  readonly #standIn: LaunchedStandIn;
  readonly #costs: Pick<Costs, 'requestMs' | 'textMs'>;
  readonly #crashingOnce = new Set<string>();

  private constructor(standIn: LaunchedStandIn, costs: Pick<Costs, 'requestMs' | 'textMs'>) {
    this.#standIn = standIn;
    this.#costs = costs;
  }

  static async start({ seed, requestMs = 4, textMs = 2, loadMs = 0 }: OllamaOptions): Promise<Ollama> {
    const standIn = await launchStandIn({
      controlPort: 0,
      requestMs,
      textMs,
      loadMs,
      seed,
      contextTokens: CONTEXT_TOKENS,
      recordTexts: true,
      logSize: 20_000,
    });
    await standIn.addFault({ preset: 'poison', text: MARKS.poison });
    await standIn.addFault({ preset: 'nan', text: MARKS.nan });
    await standIn.addFault({ preset: 'crash-eof', text: MARKS.crash });
    return new Ollama(standIn, { requestMs, textMs });
  }

  get url(): string {
    return this.#standIn.url;
  }

  /** Adds a fault rule for each block whose text crashes the model once. Call it before the text is committed. */
  async prepareFor(blocks: readonly (BlockModel | undefined)[]): Promise<void> {
    for (const block of blocks) {
      if (block?.kind !== 'crash-once' || this.#crashingOnce.has(block.word)) continue;
      this.#crashingOnce.add(block.word);
      await this.#standIn.addFault({ preset: 'crash-gone', text: `${MARKS.once}-${block.word}.`, count: 1 });
    }
  }

  /** @returns a function that removes the fault and releases the requests that hang because of it */
  async inject(spec: FaultSpec): Promise<() => Promise<void>> {
    const id = await this.#standIn.addFault(spec);
    return () => this.#standIn.clearFaults(id).catch(() => undefined);
  }

  /** Makes every request take this many times as long as at first. */
  async slowDown(factor: number): Promise<void> {
    const { requestMs, textMs } = this.#costs;
    await this.#standIn.setCosts({ requestMs: requestMs * factor, textMs: textMs * factor });
  }

  /** Swallows connections that are open now, for good. */
  async swallow(scope: SwallowScope = 'all'): Promise<void> {
    await this.#standIn.swallow(scope);
  }

  stats(): Promise<StandInStats> {
    return this.#standIn.stats();
  }

  /** The recorded requests with a text that contains the word. */
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
