import { createHash, verify, X509Certificate } from 'node:crypto';
import type { StoredSignature } from './read.ts';

/** What can be told of a signature without knowing whom to trust. */
export interface SignatureReport {
  readonly style: string;
  /** The common name in the signer's certificate; undefined when no readable certificate exists. */
  readonly signer: string | undefined;
  /**
   * The common names from the signer up, as far as each certificate was signed by the next. It proves who signed whom,
   * and nothing else: anyone can make a chain that ends in any name.
   */
  readonly chain: readonly string[];
  /**
   * Whether it is the certificate's over this table of contents. 'not judged' of other styles than RSA and CMS.
   * Nobody has looked whether the certificate is Apple's, or still good.
   */
  readonly state: 'matches' | 'does not match' | 'not judged';
}

export async function judgeSignature(signature: StoredSignature): Promise<SignatureReport> {
  const certificates = signature.certificates.flatMap((der) => readCertificate(der) ?? []);
  const report = reportOf(signature.style, certificates[0], certificates);
  if (signature.checksum === 'none') return { ...report, state: 'not judged' };
  if (signature.style === 'CMS') {
    // What is signed is the archive's checksum, by itself.
    const digest = createHash(signature.checksum).update(signature.signed).digest();
    // Few packages have one, and the library takes long to load.
    const { verifyCms } = await import('./cms.ts');
    const verdict = await verifyCms(signature.bytes, digest);
    if (verdict === undefined) return { ...report, state: 'does not match' };
    const all = [...verdict.certificates, ...certificates];
    const own = reportOf('CMS', verdict.signer ?? certificates[0], all);
    return { ...own, state: verdict.matches ? 'matches' : 'does not match' };
  }
  if (signature.style !== 'RSA') return { ...report, state: 'not judged' };
  const [certificate] = certificates;
  // The RSA signature's digest is the archive's checksum: that of the table of contents as stored.
  const right =
    certificate !== undefined &&
    certificate.publicKey.asymmetricKeyType === 'rsa' &&
    verify(signature.checksum, signature.signed, certificate.publicKey, signature.bytes);
  return { ...report, state: right ? 'matches' : 'does not match' };
}

function reportOf(
  style: string,
  signer: X509Certificate | undefined,
  others: readonly X509Certificate[],
): Omit<SignatureReport, 'state'> {
  const chain = signer === undefined ? [] : chainOf(signer, others);
  return { style, signer: commonName(signer), chain: chain.map((each) => commonName(each) ?? '(no name)') };
}

/** More than anybody's. */
const longestChain = 10;

function chainOf(signer: X509Certificate, others: readonly X509Certificate[]): X509Certificate[] {
  const chain = [signer];
  for (let last = signer; chain.length < longestChain;) {
    const issuer = others.find((each) => !chain.includes(each) && isSignedBy(last, each));
    if (issuer === undefined || chain.some(({ fingerprint256 }) => fingerprint256 === issuer.fingerprint256))
      break;
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false; // A key of a kind unknown.
  }
}

function readCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined; // Damaged, or of an algorithm unknown: no signature can be its.
  }
}

function commonName(certificate: X509Certificate | undefined): string | undefined {
  return certificate?.subject
    .split('\n')
    .find((line) => line.startsWith('CN='))
    ?.slice(3);
}
