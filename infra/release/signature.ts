import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'

/**
 * Signatures of releases: Ed25519 (RFC 8032) over one line with the release's name, which ends in the SHA-256 of its
 * archive. An instance verifies them with openssl, before anything of the release runs (`instance/fetch-release.sh`).
 */
const statement = (release: string): Buffer => Buffer.from(`spillway release ${release}\n`)

/** Makes a signature of 64 bytes. */
export type Signer = (release: string) => Uint8Array

/**
 * The signer that the environment names; `undefined` if it names none. Neither a key nor a credential is in a command
 * line, where other users of the machine could read it.
 *
 * - `RELEASE_SIGNING_KEY`: a private key in PEM (`openssl genpkey -algorithm ed25519`), for a secret of the pipeline.
 * - `RELEASE_SIGN_COMMAND`: a shell command that reads the statement from its input and prints the 64 bytes, for a key
 *   that never leaves a KMS or a hardware token.
 *
 * @throws {Error} when the key is not one for Ed25519
 */
export function signerOf(environment: NodeJS.ProcessEnv): Signer | undefined {
  const { RELEASE_SIGNING_KEY: pem, RELEASE_SIGN_COMMAND: command } = environment
  if (pem !== undefined && pem !== '') {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType !== 'ed25519') {
      throw new Error(`RELEASE_SIGNING_KEY is a key for ${key.asymmetricKeyType}; it must be one for ed25519`)
    }
    return (release) => sign(null, statement(release), key)
  }
  if (command === undefined || command === '') return undefined
  return (release) =>
    execFileSync('sh', ['-c', command], { input: statement(release), stdio: ['pipe', 'pipe', 'inherit'] })
}

/** @param publicKeys as base64 of their DER form (RFC 8410), as in a stage's `releaseKeys` */
export const isSigned = (release: string, signature: Uint8Array, publicKeys: readonly string[]): boolean =>
  publicKeys.some((text) => {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
    return verify(null, statement(release), key, signature)
  })

/** Base64 of the DER form of the public half of a private key in PEM. */
export const publicKeyOf = (pem: string): string =>
  createPublicKey(pem).export({ format: 'der', type: 'spki' }).toString('base64')
