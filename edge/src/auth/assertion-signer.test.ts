import { limits, type Principal } from '@spillway/origin/contract'
import { exportJWK, generateKeyPair } from 'jose'
import { expect, it } from 'vitest'
import { AssertionSigner } from './assertion-signer.ts'

const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
/** As long as a key's thumbprint (RFC 7638), which names it. */
const kid = 'k'.repeat(43)
const signer = new AssertionSigner({ ...(await exportJWK(privateKey)), kid, alg: 'EdDSA' }, () => 0)

/** Bytes of the smallest possible token with these claims: no type, no key id, the shortest issuer and signature. */
const tokenBytes = ({ subject, scopes }: Principal): number =>
  [
    { alg: 'ES256' },
    { iss: 'https://a.b', sub: subject, exp: 1_800_000_000, scope: scopes.join(' ') },
  ].reduce((bytes, part) => bytes + base64Length(JSON.stringify(part)) + 1, 86)

const base64Length = (text: string): number => Math.ceil((new TextEncoder().encode(text).length * 4) / 3)

it.each(['x', 'é', '"', '\u0001', '😀'])(
  'stays within what the origin takes for the largest token, of scopes full of %j',
  async (character) => {
    const of = (count: number): Principal => ({ subject: 'a', scopes: [character.repeat(count)] })
    let count = 0
    while (tokenBytes(of(count + 1)) <= limits.tokenBytesMax) count += 1
    const assertion = await signer.assertionFor(of(count))
    expect(assertion.length).toBeGreaterThan(limits.tokenBytesMax)
    expect(assertion.length).toBeLessThanOrEqual(limits.assertionBytesMax)
  },
)
