import type { Brain, BrainName } from './brain.js';

/**
 * Opens a brain by name. The sentence brain takes 400 MB of memory, so it is imported only when asked for.
 *
 * @param nativeDimensions for the deterministic brain only, to imitate models of other sizes
 */
export async function openBrain(name: BrainName, nativeDimensions?: number): Promise<Brain> {
  switch (name) {
    case 'deterministic': {
      const { DeterministicBrain } = await import('./deterministic-brain.js');
      return new DeterministicBrain(nativeDimensions);
    }
    case 'sentence': {
      const { SentenceBrain } = await import('./sentence-brain.js');
      return new SentenceBrain();
    }
  }
}
