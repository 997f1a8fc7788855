import { setTimeout as sleep } from 'node:timers/promises';
import { EXPIRE_SECONDS } from '../site/timing.js';
import { all, atMost, none, type Figure, type Measurement } from './figure.js';
import { PRODUCTION, type Scene } from './scene.js';

const BLOCKS = 5_000;
const DEFAULT_SECONDS = 600;

async function sitOut(scene: Scene, seconds: number): Promise<Measurement[]> {
  const { ollama } = scene.site;
  const undo = await ollama.inject('refuse');
  await scene.insert(BLOCKS);
  await sleep(seconds * 1000);
  const before = await scene.count('completed');
  await undo();
  const first = await scene.secondsUntil('completed', before + 1, 60);
  const rest = await scene.secondsUntil('completed', BLOCKS, 300);
  return [
    atMost(`first vector after an outage of ${seconds} s`, first, 5),
    all('blocks stored', await scene.count('completed'), BLOCKS),
    none('blocks in error', await scene.count('error')),
    none('workers that died', scene.died),
    { what: 'all stored after', value: `${rest.toFixed(1)} s`, target: 'any', pass: Number.isFinite(rest) },
  ];
}

export const outage: Figure = {
  name: 'outage',
  what: `Ollama is away for 10 minutes (--seconds) with ${BLOCKS} blocks pending, default settings`,
  options: { replicas: 1, environment: PRODUCTION },
  measure: (scene, seconds = DEFAULT_SECONDS) => sitOut(scene, seconds),
};

export const longOutage: Figure = {
  name: 'long-outage',
  what: 'Ollama is away for three times the expiry of a job',
  options: { replicas: 2 },
  measure: (scene) => sitOut(scene, 3 * EXPIRE_SECONDS),
};
