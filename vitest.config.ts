import { configDefaults, defineConfig } from 'vitest/config';

/**
 * `npm test` leaves out the judges that take minutes each, in files named *.heavy.test.ts. CIDERMILL_TESTS=heavy runs
 * only those (`npm run test:all` does after `npm test`), CIDERMILL_TESTS=all takes both.
 */
const which = process.env['CIDERMILL_TESTS'];
const heavy = 'test/**/*.heavy.test.ts';

export default defineConfig({
  test: {
    include: [which === 'heavy' ? heavy : 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(which === undefined ? [heavy] : [])],
    globalSetup: ['test/rig/setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // Tests wait for programs a third of their time: one more than the cores of a small machine.
    maxWorkers: 3,
  },
});
