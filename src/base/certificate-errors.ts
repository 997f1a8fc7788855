import { errorCode } from './errors.js';

/** The codes of Node and OpenSSL for a certificate that is rejected. */
const CERTIFICATE_CODES =
  /^(ERR_TLS_CERT_.+|CERT_.+|(DEPTH_ZERO_)?SELF_SIGNED_CERT.*|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF|DECODE_ISSUER|DECRYPT).*|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/;

/** Whether a connection failed because the server's certificate was rejected. */
export function isCertificateError(error: unknown): error is Error {
  return CERTIFICATE_CODES.test(errorCode(error) ?? '');
}

/** Why a server's certificate was rejected. */
export interface CertificateProblem {
  /** What is wrong, with the code. */
  readonly found: string;
  readonly fix: string;
}

/**
 * Describes what is wrong with a server's certificate.
 *
 * @param howToTrust how to name another authority, such as "let VARIABLE name"
 * @returns undefined if the error is not about a certificate
 */
export function certificateProblem(error: unknown, howToTrust: string): CertificateProblem | undefined {
  if (!isCertificateError(error)) return undefined;
  const code = errorCode(error) ?? '';
  const found = `certificate does not verify (${code}: ${error.message.replace(/\s+/g, ' ')})`;
  if (code === 'CERT_HAS_EXPIRED') return { found, fix: 'renew it on the server' };
  if (code === 'CERT_NOT_YET_VALID') return { found, fix: 'correct the clocks, or wait until it is valid' };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return { found, fix: 'connect by a name that the certificate contains, or have it issued for this name' };
  }
  return { found, fix: `${howToTrust} the file of the authority that issued it` };
}
