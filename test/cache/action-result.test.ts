import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { encodeActionResult, readStdoutDigest } from '../../src/cache/action-result.ts';

const message = 'build.bazel.remote.execution.v2.ActionResult';
const protoc = (way: 'decode' | 'encode', input: Uint8Array | string): Buffer =>
  execFileSync(
    'protoc',
    [`--${way}=${message}`, `--proto_path=${import.meta.dirname}`, 'remote-execution.proto'],
    {
      cwd: join(import.meta.dirname),
      input,
    },
  );

describe('an ActionResult', () => {
  const stdout = { digest: sha256('entry'), size: 2 ** 33 };
  const files = [
    { path: 'blobs/one', digest: sha256('one'), size: 3 },
    { path: 'blobs/none', digest: sha256(''), size: 0 },
  ];
  const written = encodeActionResult({ files, stdout });

  it('is read by protoc as the published definition has it', () => {
    expect(protoc('decode', written).toString()).toBe(`output_files {
  path: "blobs/one"
  digest {
    hash: "${sha256('one')}"
    size_bytes: 3
  }
}
output_files {
  path: "blobs/none"
  digest {
    hash: "${sha256('')}"
  }
}
stdout_digest {
  hash: "${sha256('entry')}"
  size_bytes: 8589934592
}
`);
  });

  it('that protoc has written is read by us, fields that we do not know included', () => {
    const text = `exit_code: 0 stderr_raw: "x" stdout_digest { hash: "${sha256('a')}" size_bytes: 77 }`;
    expect(readStdoutDigest(protoc('encode', text))).toEqual({ digest: sha256('a'), size: 77 });
    expect(readStdoutDigest(written)).toEqual(stdout);
  });

  it('without a stdout_digest, or with an invalid one, is none', () => {
    expect(readStdoutDigest(Buffer.alloc(0))).toBeUndefined();
    for (const text of ['exit_code: 1', 'stdout_digest { hash: "../x" }', 'stdout_digest { size_bytes: 3 }'])
      expect(readStdoutDigest(protoc('encode', text))).toBeUndefined();
  });

  it('damaged in any way is read to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (bytes, at) => {
        readStdoutDigest(bytes);
        const damaged = Buffer.from(written);
        damaged.set(bytes.subarray(0, damaged.length), 0);
        readStdoutDigest(damaged);
        readStdoutDigest(written.subarray(0, at % written.length));
      }),
    );
  });
});
