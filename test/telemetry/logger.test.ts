import { spawnSync } from 'node:child_process';
import { describeError } from '../../src/telemetry/logger.js';

/** The output of `yarn build`. */
const DIST = new URL('../../dist/', import.meta.url).href;

/** The output of a process that runs this script with `createLogger` and `WorkerError`. Jest replaces the console of its own process. */
function written(script: string): { stderr: string[]; stdout: string } {
  const source = `import { createLogger } from '${DIST}telemetry/logger.js'; import { WorkerError } from '${DIST}base/errors.js'; ${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { stdout, stderr: stderr.split('\n').filter(Boolean) };
}

const FOR_MACHINES = `const log = createLogger({ level: 'debug', readable: false, colour: false });`;
const FOR_PEOPLE = `const log = createLogger({ level: 'info', readable: true, colour: false });`;

describe('a log for machines', () => {
  it('writes one JSON object per line to stderr', () => {
    const { stdout, stderr } = written(`${FOR_MACHINES} log.info('sweep finished', { enqueued: 3, text: 'a\\nb' });`);
    expect(stderr.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'info',
        message: 'sweep finished',
        enqueued: 3,
        text: 'a\nb',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      },
    ]);
    expect(stdout).toBe('');
  });

  it('describes errors with their codes and causes, without their stacks', () => {
    const { stderr } = written(`${FOR_MACHINES}
      const cause = new WorkerError('INNER', 'the cause');
      log.warn('failed', { error: new WorkerError('OUTER', 'what happened', { cause }) });`);
    expect(JSON.parse(stderr.join(''))).toMatchObject({
      error: {
        name: 'WorkerError',
        code: 'OUTER',
        message: 'what happened',
        cause: { name: 'WorkerError', code: 'INNER', message: 'the cause' },
      },
    });
    expect(stderr.join('')).not.toContain('stack');
  });

  it('leaves out messages below its level', () => {
    const { stderr } = written(`
      const log = createLogger({ level: 'warn', readable: false, colour: false });
      for (const level of ['debug', 'info', 'warn', 'error']) log[level](level);`);
    expect(stderr.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['warn', 'error']);
  });

  it('adds the fields of a child logger to each message', () => {
    const { stderr } = written(`${FOR_MACHINES} log.child({ part: 'sweep' }).info('done', { count: 1 });`);
    expect(JSON.parse(stderr.join(''))).toMatchObject({ part: 'sweep', message: 'done', count: 1 });
  });
});

describe('a log for people', () => {
  it('writes each message on one line, whatever it contains', () => {
    const { stderr } = written(`${FOR_PEOPLE} log.info('hello', { name: 'a\\nforged\\u001b[31m', count: 2 });`);
    expect(stderr).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} info {2}hello name=a\\nforged\\u001b\[31m count=2$/),
    ]);
  });

  it('has colours if they are wanted', () => {
    const { stderr } = written(`createLogger({ level: 'info', readable: true, colour: true }).warn('careful');`);
    expect(stderr.join('')).toContain('\u001b[33mwarn \u001b[0m careful');
  });
});

describe('the description of an error', () => {
  it.each([
    [new Error('plain'), { name: 'Error', message: 'plain' }],
    [Object.assign(new Error('coded'), { code: '40P01' }), { name: 'Error', message: 'coded', code: '40P01' }],
    [
      new AggregateError([new Error('on IPv4'), new Error('on IPv6')]),
      { name: 'AggregateError', message: 'on IPv4; on IPv6' },
    ],
    ['thrown text', { message: 'thrown text' }],
    [undefined, { message: 'undefined' }],
  ])('has its name, message and code (%#)', (error, described) => {
    expect(describeError(error)).toEqual(described);
  });
});

describe.each([
  ['for machines', FOR_MACHINES],
  ['for people', FOR_PEOPLE],
])('a log %s', (_, make) => {
  it.each([
    'a\nb',
    'a\r\nb',
    '\u001b[31mred',
    '\u009b31mred',
    '\u0085next',
    '\u2028line',
    '\u2029paragraph',
    '\u202eright to left',
    '\u007f',
  ])('writes %j on one line, without characters that a terminal would act on', (text) => {
    const { stderr } = written(`${make}
      const text = ${JSON.stringify(text)};
      log.warn('failed', { text, error: new WorkerError('CODE', text), list: [text] });`);
    expect(stderr).toHaveLength(1);
    // eslint-disable-next-line no-control-regex -- it matches control characters on purpose
    expect(stderr[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
    if (make === FOR_MACHINES) {
      expect(JSON.parse(stderr[0] ?? '')).toMatchObject({ text, error: { message: text }, list: [text] });
    }
  });
});
