import { X509Certificate } from 'node:crypto';
import { EnvError } from 'envalid';
import { readTextFile } from './secret.js';

/**
 * Reads the certificates in a PEM file.
 *
 * @throws EnvError that names the file if it cannot be read or contains none
 */
export function readCertificates(path: string): string {
  const pem = readTextFile(path);
  try {
    new X509Certificate(pem);
  } catch {
    throw new EnvError(`${path} contains no certificate: give a file with -----BEGIN CERTIFICATE----- lines (PEM)`);
  }
  return pem;
}
