import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { poolOf } from '../../src/threads/worker-pool.ts';

/** Answers each job with twice its number, and ends itself at 0. */
const script = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (job) => job === 0 ? process.exit(3) : parentPort.postMessage({ result: 2 * job }));
`;

it('gives no job to a thread that has ended, and fails when none is left', async () => {
  const workers = [new Worker(script, { eval: true }), new Worker(script, { eval: true })];
  const pool = poolOf<number, number>('double.ts', workers);
  try {
    expect(await pool.run(4)).toBe(8);
    await expect(pool.run(0)).rejects.toThrow('a thread of double.ts ended with code 3');
    expect(await Promise.all([1, 2, 3].map((job) => pool.run(job)))).toEqual([2, 4, 6]);
    await expect(pool.run(0)).rejects.toThrow('a thread of double.ts ended with code 3');
    await expect(pool.run(1)).rejects.toThrow('a thread of double.ts ended with code 3');
  } finally {
    await pool.close();
  }
});

it('fails the jobs of a thread that ends while it has them', async () => {
  const worker = new Worker(script, { eval: true });
  const pool = poolOf<number, number>('double.ts', [worker]);
  const ended = once(worker, 'exit');
  const jobs = Promise.allSettled([pool.run(0), pool.run(5)]);
  await ended;
  expect((await jobs).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
