import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, sha256, type Json } from '../../src/base/index.ts';
import { encodeActionResult } from '../../src/cache/action-result.ts';
import { signedText } from '../../src/cache/entry.ts';
import { signFile } from '../../src/provenance/index.ts';
import { blobPath, blobsOf, hasBlob, readAction, type ActionResult } from '../../src/store/index.ts';
import { blobsOfEntry, startCacheServer, type CacheServer } from './cache-server.ts';
import { actionOf, machine, signer } from './rig.ts';

let server: CacheServer;
beforeEach(async () => {
  server = await startCacheServer();
});

const words = { 'folder/a': 'apple', 'folder/b': 'banana', 'folder/deep/c': 'cherry' };

/** The entry's JSON of an action, as the server has it. */
function entryOf({ key }: ActionResult): {
  path: string;
  document: { entry: Record<string, unknown>; signature?: string };
} {
  const [hash = ''] = blobsOfEntry(server.bodies.get(`/ac/${key}`) ?? Buffer.alloc(0)).at(-1) ?? [];
  const path = `/cas/${hash}`;
  return { path, document: JSON.parse(String(server.bodies.get(path))) as never };
}

/** Puts another document in the place of an action's entry, as someone may who can write to the server. */
function forge(key: string, document: unknown): void {
  const bytes = Buffer.from(canonicalJson(document as Json));
  const stdout = { digest: sha256(bytes), size: bytes.length };
  server.bodies.set(`/cas/${stdout.digest}`, bytes);
  server.bodies.set(`/ac/${key}`, Buffer.from(encodeActionResult({ files: [], stdout })));
}

describe('a shared cache', () => {
  it('has its entries accepted by a server that refuses one whose blobs it lacks', async () => {
    const here = machine(server.url);
    const result = await here.make('whole', { ...words, file: randomBytes(3_000_000) });
    server.whim = ({ method, url = '' }, response) => {
      if (method !== 'PUT' || !url.startsWith('/ac/')) return false;
      for (const path of [...server.bodies.keys()].slice(0, 1)) server.bodies.delete(path);
      server.whim = undefined;
      response.writeHead(400).end();
      return true;
    };
    await here.send(result);
    expect(here.troubles.map(({ message }) => message)).toEqual([expect.stringMatching(/answers 400/)]);

    const again = machine(server.url);
    await again.send(
      await again.make('whole', {
        ...words,
        file: readFileSync(blobPath(here.store, result.outputs['file']?.digest ?? result.log)),
      }),
    );
    expect(again.troubles).toEqual([]);
    expect(server.bodies.has(`/ac/${result.key}`)).toBe(true);
  });

  it('gives back what was sent, byte for byte, and a result that the store takes', async () => {
    const [here, there] = [machine(server.url), machine(server.url)];
    const result = await here.make('fruit', { ...words, file: randomBytes(5_000_000) });
    await here.send(result);
    const taken = await there.take(result.action);
    expect(taken).toEqual(result);
    for (const output of Object.values(result.outputs))
      for (const { digest } of blobsOf(here.store, output))
        expect(
          readFileSync(blobPath(there.store, digest)).equals(readFileSync(blobPath(here.store, digest))),
        ).toBe(true);
    expect(hasBlob(there.store, result.log)).toBe(true);
  });

  it('asks for an action in two requests, one after the other, and for all blobs at once', async () => {
    const [here, there] = [machine(server.url), machine(server.url)];
    const result = await here.make('fruit', words);
    await here.send(result);
    server.requests.length = 0;
    // No blob is given before all of them have been asked for.
    const held: (() => void)[] = [];
    server.whim = ({ url = '' }, response) => {
      if (server.requests.length < 3) return false;
      held.push(() => response.end(server.bodies.get(url)));
      if (held.length === 6) for (const give of held) give();
      return true;
    };
    expect(await there.take(result.action)).toEqual(result);
    expect(server.requests[0]).toBe(`GET /ac/${result.key}`);
    expect(server.requests[1]).toBe(`GET ${entryOf(result).path}`);
    expect(server.requests).toHaveLength(8);
    expect(new Set(server.requests).size).toBe(8);
  });

  it('sends no blob again that the server has', async () => {
    const [here, other] = [machine(server.url), machine(server.url)];
    await here.send(await here.make('fruit', words));
    server.requests.length = 0;
    await other.send(await other.make('more fruit', { ...words, 'folder/d': 'date' }));
    const put = server.requests.filter((each) => each.startsWith('PUT /cas/'));
    // The one new fruit, the listing, the file, the log and the entry.
    expect(put).toHaveLength(5);
  });

  it('lets only the parts travel that a file of the store does not have', async () => {
    const [here, there] = [machine(server.url), machine(server.url)];
    const bytes = randomBytes(12_000_000);
    const first = await here.make('buildroot', { file: bytes });
    await here.send(first);
    const before = await there.take(first.action);
    expect(before).toEqual(first);
    const { received } = there.cache.tally;
    expect(received).toBeGreaterThan(12_000_000);
    const sent = here.cache.tally.sent;
    const second = await here.make('buildroot with a package changed', {
      file: Buffer.concat([bytes.subarray(0, 6_000_000), randomBytes(5000), bytes.subarray(6_004_000)]),
    });
    await here.send(second);
    expect(here.cache.tally.sent - sent).toBeLessThan(2_000_000);
    expect(await there.take(second.action, first)).toEqual(second);
    expect(there.cache.tally.received - received).toBeLessThan(2_000_000);
  });

  it('names each blob whose bytes are wrong, takes nothing of that action, and sends it anew', async () => {
    const here = machine(server.url);
    const result = await here.make('fruit', words);
    await here.send(result);
    const blobs = [...server.bodies.keys()].filter(
      (path) => path.startsWith('/cas/') && path !== entryOf(result).path,
    );
    expect(blobs).toHaveLength(6);
    const there = machine(server.url);
    for (const path of blobs) {
      const bytes = Buffer.from(server.bodies.get(path) ?? '');
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      server.bodies.set(path, bytes);
    }
    expect(await there.take(result.action)).toBeUndefined();
    expect(there.refused.map(({ digest }) => `/cas/${digest ?? ''}`).sort()).toEqual(blobs.sort());
    expect(there.troubles).toEqual([]);
    for (const { digest } of Object.values(result.outputs)) expect(hasBlob(there.store, digest)).toBe(false);

    await there.send(await there.make('fruit', words));
    const third = machine(server.url);
    expect(await third.take(result.action)).toEqual(result);
  });

  it('takes no entry that is not the action’s, not sound, cut off or too long', async () => {
    const here = machine(server.url);
    const result = await here.make('fruit', words);
    await here.send(result);
    const { document } = entryOf(result);
    const { entry } = document;
    const outputs = entry['outputs'] as Record<string, Record<string, unknown>>;
    const wrong: Record<string, unknown>[] = [
      { key: sha256('other') },
      { outputs: {} },
      { outputs: { ...outputs, more: outputs['file'] } },
      { outputs: { ...outputs, file: { ...outputs['file'], path: '../../escape' } } },
      { outputs: { ...outputs, file: { ...outputs['file'], digest: '../../../etc/passwd' } } },
      { outputs: { ...outputs, file: { ...outputs['file'], size: -1 } } },
      { blobs: [] },
      { blobs: 'all' },
      { blobs: [...(entry['blobs'] as unknown[]), { digest: sha256('x'), size: 2 ** 40 }] },
      {
        blobs: [
          ...(entry['blobs'] as unknown[]),
          { digest: sha256('x'), size: 9, parts: [{ digest: sha256('y'), size: 8 }] },
        ],
      },
      { notes: 'none' },
      { notes: [{}] },
      { log: null },
      { started: '\u001b[2J' },
      { duration: -1 },
    ];
    for (const change of wrong) {
      forge(result.key, { ...document, entry: { ...entry, ...change } });
      const there = machine(server.url);
      expect([change, await there.take(result.action)]).toEqual([change, undefined]);
      expect(there.refused).toHaveLength(1);
    }
    for (const body of ['', 'no protobuf', JSON.stringify(document), randomBytes(100)]) {
      server.bodies.set(`/ac/${result.key}`, Buffer.from(body));
      expect(await machine(server.url).take(result.action)).toBeUndefined();
    }
    forge(result.key, document);
    expect(await machine(server.url).take(result.action)).toEqual(result);
  });

  it('does without what the server has lost meanwhile', async () => {
    const here = machine(server.url);
    const result = await here.make('fruit', words);
    await here.send(result);
    const lost = `/cas/${result.outputs['file']?.digest ?? ''}`;
    expect(server.bodies.delete(lost)).toBe(true);
    const there = machine(server.url);
    expect(await there.take(result.action)).toBeUndefined();
    expect([there.refused, there.troubles]).toEqual([[], []]);
    expect(readAction(there.store, result.key)).toBeUndefined();
  });
});

describe('signed entries', () => {
  it('of a trusted key are taken, and of 100 forged ones none', async () => {
    const [trusted, other] = [signer('ci@example.org'), signer('mallory@example.org')];
    const sign = { sign: trusted.key };
    const here = machine(server.url, sign);
    const results: ActionResult[] = [];
    for (let at = 0; at < 25; at++)
      results.push(await here.make(`step ${at}`, { 'folder/n': `number ${at}` }));
    for (const result of results) await here.send(result);
    expect(here.troubles).toEqual([]);
    const reader = machine(server.url, { trust: trusted.allowed });
    expect(await reader.take(results[0]?.action ?? actionOf('none'))).toEqual(results[0]);

    const mallory = machine(server.url, { sign: other.key });
    const accepted: unknown[] = [];
    let tried = 0;
    for (const [at, result] of results.entries()) {
      const { document } = entryOf(result);
      const next = entryOf(results[(at + 1) % results.length] ?? result).document;
      const poison = await mallory.make(`step ${at}`, { 'folder/n': 'poison' });
      const { entry } = document;
      const forgeries: (() => Promise<void> | void)[] = [
        // Signed by a key that is not allowed.
        () => mallory.send(poison),
        // Other blobs, under the old signature.
        () =>
          forge(result.key, {
            ...document,
            entry: { ...entry, outputs: next.entry['outputs'], blobs: next.entry['blobs'] },
          }),
        // Another action's whole entry, well signed, under this key.
        () => forge(result.key, next),
        // That entry with this key written into it; or without any signature.
        () =>
          forge(
            result.key,
            at % 2 === 0 ? { ...next, entry: { ...next.entry, key: result.key } } : { version: 1, entry },
          ),
      ];
      for (const forgery of forgeries) {
        await forgery();
        tried += 1;
        const victim = machine(server.url, { trust: trusted.allowed });
        const taken = await victim.take(result.action);
        if (taken !== undefined) accepted.push(taken);
        expect(victim.refused).toHaveLength(1);
      }
      forge(result.key, document);
      expect(await machine(server.url, { trust: trusted.allowed }).take(result.action)).toEqual(result);
    }
    expect(tried).toBe(100);
    expect(accepted).toEqual([]);
  }, 300_000);

  it('are not signed by what the same key has signed for another purpose', async () => {
    const { key, allowed } = signer('ci@example.org');
    const here = machine(server.url, { sign: key });
    const result = await here.make('fruit', words);
    await here.send(result);
    const { document } = entryOf(result);
    const file = `${key}.entry`;
    writeFileSync(file, signedText(document.entry as never));
    const signature = readFileSync(await signFile(file, key), 'utf8');
    forge(result.key, { ...document, signature });
    const there = machine(server.url, { trust: allowed });
    expect(await there.take(result.action)).toBeUndefined();
    expect(there.refused[0]?.message).toMatch(/not signed by a key that .* allows/);
  });
});
