import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, installPackages, installPrivilege, packageRoot } from '../../src/host/index.ts';
import { stepModule, testProject } from '../rig/project.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser: Browser;
beforeAll(async () => {
  if (findTool('chromium') === undefined) await installPackages(['chromium'], installPrivilege(false));
  // Chromium's own sandbox does not run as root; what it opens is ours.
  browser = await chromium.launch({ executablePath: findTool('chromium') ?? '', args: ['--no-sandbox'] });
}, 600_000);
afterAll(() => browser.close());

/** The pages of two real runs: one that published a picture, and one that failed. */
async function pages(): Promise<string[]> {
  const project = testProject({
    'recipes/picture.yaml':
      'recipe: picture\nsummary: A picture\nenvironment: none\nscript: scripts/picture.ts\nscript-files: [scripts/a.png]\noutputs: { picture: a.png }\n',
    'recipes/word.yaml': `recipe: word
summary: A word, or a fault
parameters: { good: { type: boolean, default: true } }
inputs: { picture: a picture }
environment: none
script: scripts/word.ts
outputs: { text: { path: text.txt, summary: what the word is } }
`,
    'pipelines/words.yaml': `pipeline: words
summary: A picture and a word
parameters: { good: { type: boolean, default: true } }
steps:
  picture: { recipe: picture }
  word: { recipe: word, with: { good: '\${good}', picture: '\${picture}' } }
products:
  words: { from: { text: '\${word.text}', picture: '\${picture}' }, next: ['cidermill run words'] }
`,
    'scripts/picture.ts': `import { copyFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output } = await step();
copyFileSync(new URL('a.png', import.meta.url), 'a.png');
await output('picture', 'a.png');
`,
    'scripts/word.ts': `import { writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { flag, output } = await step();
console.log('<img src=http://192.0.2.1/x onerror=alert(1)>');
if (!flag('good')) throw new Error('no word');
writeFileSync('text.txt', 'apple');
await output('text', 'text.txt');
`,
  });
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(project.root, 'scripts/a.png'), readFileSync(join(packageRoot, 'docs/loader.png')));
  const good = await project.run(['run', 'words']);
  expect(good.code, good.stderr + good.stdout).toBe(0);
  await project.run(['report', '-o', 'good.html']);
  expect((await project.run(['run', 'words', '--set', 'good=false'])).code).toBe(1);
  await project.run(['report', '-o', 'failed.html']);
  return ['good.html', 'failed.html'].map((name) => join(project.root, name));
}

describe('the page of a run in Chromium', () => {
  it('loads from a file, asks for nothing, says nothing to the console, fits, and passes axe, light and dark', async () => {
    for (const page of await pages()) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [360, 1600]) {
          const tab = await browser.newPage({
            viewport: { width, height: 900 },
            colorScheme,
            bypassCSP: true,
          });
          const asked: string[] = [];
          const said: string[] = [];
          tab.on('request', (request) => asked.push(request.url().slice(0, 40)));
          tab.on('console', (message) => said.push(message.text()));
          tab.on('pageerror', (error) => said.push(String(error)));
          const address = pathToFileURL(page).href;
          await tab.goto(address);
          expect(asked.filter((url) => url !== address.slice(0, 40) && !url.startsWith('data:'))).toEqual([]);
          expect(said).toEqual([]);
          const wide = await tab.evaluate('document.documentElement.scrollWidth');
          expect(wide).toBeLessThanOrEqual(width);
          const broken = await tab.evaluate(
            '[...document.images].filter((one) => one.naturalWidth === 0).length',
          );
          expect(broken).toBe(0);
          await tab.evaluate(axe);
          const { violations } = await tab.evaluate<AxeResults>('axe.run()');
          expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
          await tab.close();
        }
      }
    }
  }, 300_000);

  it('is reached by the keyboard alone: what scrolls and what unfolds takes the focus', async () => {
    const [, failed = ''] = await pages();
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(failed).href);
    await tab.keyboard.press('Tab');
    expect(await tab.evaluate('document.activeElement.getAttribute("aria-label")')).toBe(
      'the end of the log of word',
    );
    await tab.close();
  }, 300_000);
});
