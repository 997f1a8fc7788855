import type { BarSeriesOption, EChartsOption, LineSeriesOption } from 'echarts';
import { rounded } from './figures.js';

/** Colours of the worker, and of what it is compared with. */
export const WORKER_COLOUR = '#2563eb';
export const FLOOR_COLOUR = '#cbd5e1';
/** Colours of several series that are all the worker's, the first of them its own. */
export const SERIES_COLOURS = [WORKER_COLOUR, '#d97706', '#059669', '#db2777'] as const;
const INK = '#1f2937';
const FAINT = '#6b7280';
/** No name may need quotes: the renderer does not escape them in an attribute, which would make the SVG invalid. */
const FONT = 'system-ui, Helvetica, Arial, sans-serif';

/** What all charts have in common: title, subtitle, legend, light background. */
export function frame(title: string, subtitle: string): EChartsOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, color: INK },
    title: {
      text: title,
      subtext: subtitle,
      left: 16,
      top: 12,
      textStyle: { fontSize: 16, color: INK, fontFamily: FONT },
      subtextStyle: { fontSize: 12, color: FAINT, fontFamily: FONT },
    },
    legend: {
      bottom: 8,
      itemGap: 32,
      icon: 'roundRect',
      itemWidth: 12,
      itemHeight: 12,
      textStyle: { color: INK, fontSize: 12 },
    },
    grid: { left: 72, right: 32, top: 84, bottom: 64 },
  };
}

export function categories(data: readonly string[], gridIndex = 0) {
  return {
    type: 'category' as const,
    data: [...data],
    gridIndex,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: FAINT } },
    axisLabel: { color: INK, fontSize: 12 },
  };
}

export function values(name: string, gridIndex = 0) {
  return {
    type: 'value' as const,
    name,
    gridIndex,
    min: 0,
    nameTextStyle: { color: FAINT },
    axisLabel: { color: FAINT },
    splitLine: { lineStyle: { color: '#e5e7eb' } },
  };
}

/** An axis for numbers of blocks, on which powers of ten are equally far apart. */
export function blockCounts(counts: readonly number[], gridIndex = 0) {
  return {
    type: 'log' as const,
    gridIndex,
    min: Math.min(...counts),
    max: Math.max(...counts),
    axisLine: { lineStyle: { color: FAINT } },
    axisLabel: { color: INK, fontSize: 12, formatter: compact },
    splitLine: { show: false },
  };
}

/** A number of blocks as an axis shows it: 10 k, 1 M. */
export function compact(count: number): string {
  return count >= 1e6 ? `${rounded(count / 1e6)} M` : `${rounded(count / 1e3)} k`;
}

/** Bars with their values above them. */
export function bars(name: string, color: string, data: readonly number[], axis = 0): BarSeriesOption {
  return {
    type: 'bar',
    name,
    data: [...data],
    xAxisIndex: axis,
    yAxisIndex: axis,
    barMaxWidth: 56,
    itemStyle: { color, borderRadius: [3, 3, 0, 0] },
    label: { show: true, position: 'top', color: INK, fontSize: 12, formatter: labelOf },
  };
}

export function line(name: string, color: string, data: readonly number[], dashed: boolean): LineSeriesOption {
  return {
    type: 'line',
    name,
    data: [...data],
    symbol: 'circle',
    symbolSize: dashed ? 0 : 8,
    itemStyle: { color },
    lineStyle: { color, width: 2, type: dashed ? 'dashed' : 'solid' },
    label: { show: !dashed, position: 'bottom', color: INK, fontSize: 12, formatter: labelOf },
  };
}

/** A line through pairs of x and y, with the value of its last point. */
export function points(name: string, color: string, data: readonly (readonly [number, number])[], axis = 0) {
  const series: LineSeriesOption = {
    type: 'line',
    name,
    data: data.map((pair) => [...pair]),
    xAxisIndex: axis,
    yAxisIndex: axis,
    symbol: 'circle',
    symbolSize: 7,
    itemStyle: { color },
    lineStyle: { color, width: 2 },
    endLabel: { show: true, color, fontSize: 12, formatter: ({ value }) => labelOf({ value: (value as number[])[1] }) },
    labelLayout: { moveOverlap: 'shiftY' },
  };
  return series;
}

function labelOf({ value }: { readonly value?: unknown }): string {
  return typeof value === 'number' ? rounded(value) : '';
}
