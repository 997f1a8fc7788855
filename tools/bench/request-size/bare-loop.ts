import { DEFAULT_INSTRUCTION } from '../../../src/config/variables.js';
import type { LaunchedStandIn } from '../../stand-in/launch.js';
import { httpLoop } from '../floors/http-loop.js';
import { FIXED_SIZES, meanRequestMsOf, type Workload } from './models.js';

/** A loop's rate is steady, so it need not send all texts. */
const SECONDS = 6;
const QUICK_SECONDS = 0.3;
const FEWEST_REQUESTS = 4;

export interface BareLoop {
  /** Texts per request. */
  readonly size: number;
  /** Texts per second. */
  readonly rate: number;
}

/**
 * The floor of the scenario: sends requests of one size, with each of the fixed sizes in turn.
 *
 * @param inFlight requests at the same time
 * @returns the fastest
 */
export async function bestBareLoop(
  standIn: LaunchedStandIn,
  workload: Workload,
  inFlight: number,
  quick: boolean,
): Promise<BareLoop> {
  let best: BareLoop = { size: 0, rate: 0 };
  for (const size of FIXED_SIZES) {
    const rate = await bareLoop(standIn, workload, size, inFlight, quick ? QUICK_SECONDS : SECONDS);
    if (rate > best.rate) best = { size, rate };
  }
  return best;
}

/** @returns texts per second, over the same number of texts before and after a change of the costs */
async function bareLoop(
  standIn: LaunchedStandIn,
  { model, blocks, text, costs }: Workload,
  size: number,
  inFlight: number,
  seconds: number,
): Promise<number> {
  const requests = Math.ceil((seconds * 1000) / meanRequestMsOf(model, size) / costs.length);
  const perPart = Math.max(FEWEST_REQUESTS, requests);
  let n = 0;
  let took = 0;
  for (const current of costs) {
    await standIn.setCosts(current);
    const inputs = Array.from({ length: perPart }, () =>
      Array.from({ length: size }, () => DEFAULT_INSTRUCTION + text(n++ % blocks)),
    );
    took += (await httpLoop(standIn.url, inputs, inFlight)).seconds;
  }
  return n / took;
}
