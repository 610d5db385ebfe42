import { X509Certificate } from 'node:crypto';
import { ContentInfo, SignedData, type Certificate } from 'pkijs';

/** What a CMS signature (RFC 5652) says. */
export interface CmsVerdict {
  readonly matches: boolean;
  readonly signer: X509Certificate | undefined;
  /** All that came with it. */
  readonly certificates: readonly X509Certificate[];
}

/** Checks a detached signature. @param content that it is over @returns undefined when it cannot be read at all */
export async function verifyCms(signature: Uint8Array, content: Uint8Array): Promise<CmsVerdict | undefined> {
  const signed = parse(signature);
  if (signed === undefined || signed.signerInfos.length !== 1) return undefined;
  const certificates = (signed.certificates ?? []).flatMap((each) => {
    const read = 'toSchema' in each ? toNode(each as Certificate) : undefined;
    return read === undefined ? [] : [read];
  });
  try {
    const { signatureVerified, signerCertificate } = await signed.verify({
      signer: 0,
      data: copy(content),
      checkChain: false,
      extendedMode: true,
    });
    const signer = signerCertificate == null ? undefined : toNode(signerCertificate);
    return { matches: signatureVerified === true, signer, certificates };
  } catch {
    // The library throws where the digest is another, or the certificate is missing.
    return { matches: false, signer: undefined, certificates };
  }
}

function parse(signature: Uint8Array): SignedData | undefined {
  try {
    const info = ContentInfo.fromBER(copy(signature));
    return new SignedData({ schema: info.content });
  } catch {
    return undefined; // Not ASN.1, or no signed data.
  }
}

function toNode(certificate: Certificate): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(certificate.toSchema(true).toBER(false)));
  } catch {
    return undefined;
  }
}

/** The library takes whole buffers only. */
function copy(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
