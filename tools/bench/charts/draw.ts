import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { init, type EChartsOption } from 'echarts';
import type { Report } from '../report.js';
import { CHARTS } from './charts.js';

/** Pixels at which a README shows the charts unscaled. */
const SIZE = { width: 760, height: 340 };

/** @returns the charts of the measured scenarios: SVG by file name */
export function drawCharts({ measured }: Pick<Report, 'measured'>): Map<string, string> {
  const drawn = new Map<string, string>();
  for (const { scenario, option } of CHARTS) {
    const one = measured.find((candidate) => candidate.scenario === scenario);
    if (one !== undefined) drawn.set(`bench-${scenario}.svg`, svgOf(option(one)));
  }
  return drawn;
}

/** Writes the charts into a directory. @returns their paths */
export async function writeCharts(report: Report, directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const paths: string[] = [];
  for (const [name, svg] of drawCharts(report)) {
    const path = join(directory, name);
    await writeFile(path, `${svg}\n`);
    paths.push(path);
  }
  return paths;
}

function svgOf(option: EChartsOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose(); // its timers would keep the process alive
  }
}
