import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Issuer, startIssuer, trustedIssuer } from './issuer.ts'
import { createKey } from './keys.ts'
import { ownIssuers, trustedIssuers } from './trusted-issuers.ts'

let development: Issuer

beforeAll(async () => {
  development = await startIssuer({ keys: [await createKey('ES256')] })
})
afterAll(() => development.stop())

const auth0 = { preset: 'auth0', issuer: 'https://shop.eu.auth0.com/', audience: 'https://api.shop.test' }

describe('issuers on a laptop', () => {
  it.each([undefined, ''])('are the development issuer alone without TOKEN_ISSUERS (%j)', (text) => {
    expect(trustedIssuers(development, ownIssuers(text))).toEqual([trustedIssuer(development)])
  })

  it('are a single own one, with the subjects of production, and the development issuer', () => {
    expect(trustedIssuers(development, ownIssuers(JSON.stringify([auth0])))).toEqual([
      { ...auth0, namespace: '' },
      { ...trustedIssuer(development), namespace: 'development' },
    ])
  })

  it('are refused with every mistake', () => {
    const wrong = [{ ...auth0, issuer: 'https://shop.eu.auth0.com', audience: 7 }]
    expect(() => ownIssuers(JSON.stringify(wrong))).toThrow(/TOKEN_ISSUERS\[0\]\.issuer: .*\n.*\.audience: /)
    expect(() => ownIssuers('auth0')).toThrow('TOKEN_ISSUERS: must be a JSON array')
  })
})
