import { describe, expect, it } from '@jest/globals';
import { drawCharts } from '../../../tools/bench/charts/draw.js';
import type { Measured } from '../../../tools/bench/report.js';
import { figure } from '../../../tools/bench/scenario.js';

function measured(scenario: string, values: Readonly<Record<string, number>>): Measured {
  return { scenario, what: '', figures: Object.entries(values).map(([what, value]) => figure(what, '', [value])) };
}

const GROWTH = measured('growth', {
  '10,000 blocks: throughput': 2_345,
  '10,000 blocks: longest statement': 12,
  '10,000 blocks: status': 0.41,
  '10,000 blocks: errors': 0.42,
  '10,000 blocks: backfill --dry-run': 0.43,
  '10,000,000 blocks: throughput': 1_987,
  '10,000,000 blocks: longest statement': 871,
  '10,000,000 blocks: status': 1.51,
  '10,000,000 blocks: errors': 0.62,
  '10,000,000 blocks: backfill --dry-run': 2.53,
});
const FRESHNESS = measured('freshness', {
  'edits alone: p50': 7.81,
  'edits alone: p90': 17.5,
  'edits alone: p99': 27.9,
  'with a backlog: p50': 121,
  'with a backlog: p90': 191,
  'with a backlog: p99': 203,
});

/** The texts of an SVG. Checks that it is XML: without its well-formed tags no angle bracket is left. */
function textsOf(svg: string): string[] {
  const tag = /<!\[CDATA\[.*?\]\]>|<\/?[\w:-]+(?:\s+[\w:-]+="[^"<>]*")*\s*\/?>/gs;
  expect(svg.replace(tag, '').match(/[<>]/g)).toBeNull();
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '');
}

describe('the charts of a report', () => {
  it('show the measured scenarios and no others', () => {
    const memory = measured('memory', { 'peak memory of the worker': 120 }); // has no chart
    expect([...drawCharts({ measured: [GROWTH, memory] }).keys()]).toEqual(['bench-growth.svg']);
  });

  it('are XML and show each case with its value', () => {
    const replicas = measured('replicas', { '1 replica: throughput': 80, '2 replicas: throughput': 159 });
    const texts = textsOf(drawCharts({ measured: [replicas] }).get('bench-replicas.svg') ?? '');
    expect(texts).toEqual(expect.arrayContaining(['1 replica', '2 replicas', '80', '159']));
  });

  it('show the growth of a table: throughput, and durations in seconds with the last of each', () => {
    const texts = textsOf(drawCharts({ measured: [GROWTH] }).get('bench-growth.svg') ?? '');
    expect(texts).toEqual(expect.arrayContaining(['10 k', '10 M', '2,345', '1,987', '0.87', '1.51', '0.62', '2.53']));
  });

  it('show each quantile of each case', () => {
    const texts = textsOf(drawCharts({ measured: [FRESHNESS] }).get('bench-freshness.svg') ?? '');
    expect(texts).toEqual(
      expect.arrayContaining(['edits alone', 'with a backlog', '7.81', '17.5', '27.9', '121', '191', '203']),
    );
  });

  it('cannot be drawn if a figure is missing', () => {
    const lacking = measured('freshness', { 'edits alone: p50': 7.8 });
    expect(() => drawCharts({ measured: [lacking] })).toThrow('freshness has no figure "edits alone: p90" to draw');
  });
});
