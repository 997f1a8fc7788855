import { errorCode } from './errors.js';

/** Why Node does not accept a server's certificate: its own code, and those of OpenSSL that it passes on. */
const REFUSED =
  /^(ERR_TLS_CERT_.+|CERT_.+|(DEPTH_ZERO_)?SELF_SIGNED_CERT.*|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF|DECODE_ISSUER|DECRYPT).*|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$/;

/** Whether a connection failed because the server's certificate was not accepted. */
export function isCertificateError(error: unknown): error is Error {
  return REFUSED.test(errorCode(error) ?? '');
}

/** A server's certificate that was not accepted. */
export interface CertificateProblem {
  /** What is wrong, in words, with the code. */
  readonly found: string;
  readonly fix: string;
}

/**
 * What is wrong with the certificate of a server, if that is what an error says.
 *
 * @param howToTrust what names another authority, such as a variable
 */
export function certificateProblem(error: unknown, howToTrust: string): CertificateProblem | undefined {
  if (!isCertificateError(error)) return undefined;
  const code = errorCode(error) ?? '';
  const found = `certificate does not verify (${code}: ${error.message.replace(/\s+/g, ' ')})`;
  if (code === 'CERT_HAS_EXPIRED') return { found, fix: 'renew it on the server' };
  if (code === 'CERT_NOT_YET_VALID') return { found, fix: 'set the clocks, or wait until it is valid' };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return { found, fix: 'connect by a name that it holds, or have it issued for this one' };
  }
  return { found, fix: `${howToTrust} the file of the authority that issued it` };
}
