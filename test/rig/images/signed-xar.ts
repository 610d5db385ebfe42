import { execFileSync } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { freshFolder } from '../folder.ts';

/** Bytes with the lowest bit of one changed. */
export function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** An empty archive whose table of contents is signed by a certificate of OpenSSL's; heap: checksum, signature. */
export function signedXar(): { archive: Buffer; signatureAt: number } {
  const folder = freshFolder();
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=a test', '-days', '2'],
      ...['-keyout', key, '-outform', 'DER', '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const toc = deflateSync(
    `<?xml version="1.0" encoding="UTF-8"?><xar><toc>
<checksum style="sha1"><offset>0</offset><size>20</size></checksum>
<signature style="RSA"><offset>20</offset><size>256</size>
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${readFileSync(certificate, 'base64')}</X509Certificate></X509Data></KeyInfo>
</signature></toc></xar>`,
  );
  const header = Buffer.alloc(28);
  header.write('xar!', 'latin1');
  header.writeUInt16BE(28, 4);
  header.writeUInt16BE(1, 6);
  header.writeBigUInt64BE(BigInt(toc.length), 8);
  header.writeBigUInt64BE(BigInt(inflateSync(toc).length), 16);
  header.writeUInt32BE(1, 24); // SHA-1
  const checksum = createHash('sha1').update(toc).digest();
  const signature = sign('sha1', toc, readFileSync(key));
  const before = Buffer.concat([header, toc, checksum]);
  return { archive: Buffer.concat([before, signature]), signatureAt: before.length };
}
