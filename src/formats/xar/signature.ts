import { verify, X509Certificate } from 'node:crypto';
import type { StoredSignature } from './read.ts';

/** What can be told of a signature without knowing whom to trust. */
export interface SignatureReport {
  readonly style: string;
  /** The common name in the signer's certificate; undefined when there is none that can be read. */
  readonly signer: string | undefined;
  /**
   * Whether it is the certificate's over this table of contents. 'not judged' of other styles than RSA.
   * Nobody has looked whether the certificate is Apple's, or still good.
   */
  readonly state: 'matches' | 'does not match' | 'not judged';
}

export function judgeSignature(signature: StoredSignature): SignatureReport {
  const certificate = readCertificate(signature.certificates[0]);
  const report = { style: signature.style, signer: commonName(certificate?.subject) };
  if (signature.style !== 'RSA' || signature.checksum === 'none') return { ...report, state: 'not judged' };
  // The RSA signature's digest is the archive's checksum: that of the table of contents as stored.
  const right =
    certificate !== undefined &&
    certificate.publicKey.asymmetricKeyType === 'rsa' &&
    verify(signature.checksum, signature.signed, certificate.publicKey, signature.bytes);
  return { ...report, state: right ? 'matches' : 'does not match' };
}

function readCertificate(der: Uint8Array | undefined): X509Certificate | undefined {
  try {
    return der === undefined ? undefined : new X509Certificate(der);
  } catch {
    return undefined; // Damaged, or of an algorithm unknown: no signature can be its.
  }
}

function commonName(subject: string | undefined): string | undefined {
  return subject
    ?.split('\n')
    .find((line) => line.startsWith('CN='))
    ?.slice(3);
}
