import type { EChartsOption } from 'echarts';
import type { Measured } from '../report.js';
import { casesOf, rounded, valueOf } from './figures.js';
import {
  bars,
  blockCounts,
  categories,
  compact,
  FLOOR_COLOUR,
  frame,
  line,
  points,
  SERIES_COLOURS,
  values,
  WORKER_COLOUR,
} from './style.js';

export interface Chart {
  /** The scenario that it shows; its file is `bench-{scenario}.svg`. */
  readonly scenario: string;
  /** @throws Error naming a figure that is missing */
  readonly option: (measured: Measured) => EChartsOption;
}

export const CHARTS: readonly Chart[] = [
  { scenario: 'ceiling', option: ceiling },
  { scenario: 'saturation', option: saturation },
  { scenario: 'freshness', option: freshness },
  { scenario: 'growth', option: growth },
  { scenario: 'replicas', option: replicas },
];

function ceiling(measured: Measured): EChartsOption {
  const throughput = casesOf(measured, 'throughput');
  const floor = casesOf(measured, 'floor, the database work alone');
  return {
    ...frame('Throughput with a model that answers at once', 'blocks/s, by workers × jobs in a batch'),
    xAxis: categories(throughput.map(({ name }) => name)),
    yAxis: values(''),
    series: [
      bars('the worker', WORKER_COLOUR, valuesOf(throughput)),
      bars('floor: a loop that only does the database work', FLOOR_COLOUR, valuesOf(floor)),
    ],
  };
}

function saturation(measured: Measured): EChartsOption {
  const utilisation = valueOf(
    measured,
    'utilisation: time of a loop that sends the same requests, divided by the worker’s',
  );
  const names = ['the worker: claim, embed, store', 'floor: a loop that sends the same requests'];
  const throughput = [
    valueOf(measured, 'throughput'),
    valueOf(measured, 'floor: throughput of a loop that only sends the requests'),
  ];
  return {
    ...frame(
      `The model is kept busy ${(utilisation * 100).toFixed(1)} % of the time`,
      'blocks/s; the model takes 20 ms per request and 5 ms per text, one at a time',
    ),
    legend: { show: false },
    grid: { left: 250, right: 64, top: 76, bottom: 36 },
    xAxis: values(''),
    yAxis: { ...categories(names), inverse: true },
    series: [
      {
        ...bars('', WORKER_COLOUR, throughput),
        data: throughput.map((value, i) => ({ value, itemStyle: { color: i === 0 ? WORKER_COLOUR : FLOOR_COLOUR } })),
        label: {
          show: true,
          position: 'right',
          fontSize: 12,
          formatter: ({ value }: { value?: unknown }) => rounded(Number(value)),
        },
      },
    ],
  };
}

/** Two panels with their own scales, because the milliseconds of the cases differ too much for one. */
function freshness(measured: Measured): EChartsOption {
  const quantiles = ['p50', 'p90', 'p99'] as const;
  const panels = casesOf(measured, 'p50').map(({ name }) => ({
    name,
    values: quantiles.map((quantile) => valueOf(measured, `${name}: ${quantile}`)),
  }));
  const share = 100 / panels.length;
  return {
    ...frame(
      'From the commit of an edit to the commit of its vector',
      'ms, without the model’s own time for that text',
    ),
    legend: { show: false },
    grid: panels.map((_, i) => ({
      left: `${i * share + 8}%`,
      width: `${share - 12}%`,
      top: 84,
      bottom: 64,
    })),
    xAxis: panels.map(({ name }, i) => ({
      ...categories(quantiles, i),
      name,
      nameLocation: 'middle' as const,
      nameGap: 32,
      nameTextStyle: { fontSize: 13 },
    })),
    yAxis: panels.map((_, i) => values('', i)),
    series: panels.map((panel, i) => bars(panel.name, WORKER_COLOUR, panel.values, i)),
  };
}

/** What the right panel shows in seconds, by the end of the figures' names. */
const DURATIONS = ['longest statement', 'status', 'errors', 'backfill --dry-run'] as const;

/** Two panels: throughput, and durations over the size of the table. */
function growth(measured: Measured): EChartsOption {
  const throughput = casesOf(measured, 'throughput').map(({ name, value }) => ({ value, blocks: blocksOf(name) }));
  const durations = DURATIONS.map((what, i) => {
    const perSecond = what === 'longest statement' ? 1_000 : 1; // the statement's is in milliseconds
    const pairs = casesOf(measured, what).map(({ name, value }) => [blocksOf(name), value / perSecond] as const);
    return points(what, SERIES_COLOURS[i] ?? WORKER_COLOUR, pairs, 1);
  });
  const sizes = throughput.map(({ blocks }) => blocks);
  const labels = sizes.map(compact);
  return {
    ...frame(
      'As the table grows',
      'left: blocks/s while some blocks are embedded again; right: seconds; by the number of blocks',
    ),
    grid: [
      { left: 64, width: '32%', top: 84, bottom: 64 },
      { left: '52%', right: 64, top: 84, bottom: 64 },
    ],
    xAxis: [categories(labels), blockCounts(sizes, 1)],
    yAxis: [values(''), values('', 1)],
    series: [bars('', WORKER_COLOUR, valuesOf(throughput)), ...durations],
  };
}

/** The number in a name such as `10,000 blocks`. */
function blocksOf(name: string): number {
  return Number.parseInt(name.replaceAll(',', ''), 10);
}

function replicas(measured: Measured): EChartsOption {
  const throughput = casesOf(measured, 'throughput').map(({ name, value }) => ({
    name,
    value,
    count: Number.parseInt(name, 10),
  }));
  const alone = throughput[0]?.value ?? Number.NaN;
  return {
    ...frame('Throughput by replicas', 'blocks/s; the model takes 250 ms per request, any number at once'),
    xAxis: categories(throughput.map(({ name }) => name)),
    yAxis: values(''),
    series: [
      line(
        'one replica × their number',
        FLOOR_COLOUR,
        throughput.map(({ count }) => alone * count),
        true,
      ),
      line('measured', WORKER_COLOUR, valuesOf(throughput), false),
    ],
  };
}

function valuesOf(cases: readonly { readonly value: number }[]): number[] {
  return cases.map(({ value }) => value);
}
