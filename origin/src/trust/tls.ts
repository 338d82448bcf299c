import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { TlsConfig } from '../config.ts'

/** PEM text, as `https.createServer` takes it. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
}

/**
 * Reads the certificate and its key once: an instance makes both anew at each start, so that nothing is to be renewed.
 *
 * @throws {Error} that names what to set, and shows nothing of a file
 */
export async function readTls({ certificateFile, keyFile }: TlsConfig): Promise<TlsMaterial> {
  try {
    const [cert, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')])
    // Refuses here what would else fail in the middle of the start: other text, or the key of another certificate.
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (cause) {
    throw new Error(
      'TLS_CERTIFICATE_FILE and TLS_KEY_FILE cannot be used: set them to PEM files of a certificate and its own private key, readable by this user.',
      { cause },
    )
  }
}
