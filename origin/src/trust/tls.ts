import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { TlsConfig } from '../config.ts'

/** PEM text, for `https.createServer`. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
}

/**
 * Reads the certificate and its key once. An instance makes both at each boot, so they need no renewal.
 *
 * @throws {Error} that names the settings, and shows no content of a file
 */
export async function readTls({ certificateFile, keyFile }: TlsConfig): Promise<TlsMaterial> {
  try {
    const [cert, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')])
    // Fails early if a file is no PEM or the key belongs to another certificate: `createServer` would fail later.
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (cause) {
    throw new Error(
      'TLS_CERTIFICATE_FILE and TLS_KEY_FILE cannot be used: set them to PEM files of a certificate and its own private key, readable by this user.',
      { cause },
    )
  }
}
