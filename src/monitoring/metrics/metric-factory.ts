import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The values that a label can have, by its name. A metric of ours has one label or none. */
export type LabelValues = Readonly<Record<string, Iterable<string>>>;

/**
 * Creates the metrics of a registry. Counters and histograms with known label values start at 0, because Prometheus sees no
 * increase in a series that first appears with 1.
 */
export class MetricFactory {
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    this.#registers = [registry];
  }

  counter(name: string, help: string, values: LabelValues = {}): Counter {
    const counter = new Counter({ name, help, labelNames: Object.keys(values), registers: this.#registers });
    for (const labels of labelsOf(values)) counter.inc(labels, 0);
    return counter;
  }

  /** @param collect called at each scrape, with the gauge as `this` */
  gauge(name: string, help: string, labelNames: string[] = [], collect?: (this: Gauge) => Promise<void>): Gauge {
    return new Gauge({ name, help, labelNames, registers: this.#registers, ...(collect !== undefined && { collect }) });
  }

  histogram(name: string, help: string, buckets: number[], values: LabelValues = {}): Histogram {
    const labelNames = Object.keys(values);
    const histogram = new Histogram({ name, help, labelNames, buckets, registers: this.#registers });
    for (const labels of labelsOf(values)) histogram.zero(labels);
    return histogram;
  }
}

function labelsOf(values: LabelValues): Record<string, string>[] {
  return Object.entries(values).flatMap(([label, all]) => [...all].map((value) => ({ [label]: value })));
}
