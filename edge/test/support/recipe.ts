import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A token as a page shows it. */
export interface TokenShape {
  readonly header: Readonly<Record<string, unknown>> & { readonly alg: string }
  readonly claims: Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string }
}

/** Examples on an issuer's page: the item of TOKEN_ISSUERS, and at least one token. */
export interface Recipe {
  readonly settings: Readonly<Record<string, unknown>>
  readonly tokens: readonly [TokenShape, ...TokenShape[]]
}

const folder = join(import.meta.dirname, '../../docs/issuers')

/** Reads the JSON blocks of a page of `edge/docs/issuers`, so that a test runs what the page says. */
export function readRecipe(preset: string): Recipe {
  const page = readFileSync(join(folder, `${preset}.md`), 'utf8')
  const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json = '']) => JSON.parse(json))
  const [[settings], ...tokens] = blocks as [[Recipe['settings']], ...TokenShape[]]
  // The cast: a page without a token fails in each of its tests.
  return { settings, tokens: tokens as unknown as Recipe['tokens'] }
}

/** The token with present times: issued now, for as long as the page's. */
export function atPresent({ header, claims }: TokenShape): TokenShape {
  const now = Math.floor(Date.now() / 1_000)
  const lifetime = Number(claims.exp) - Number(claims.iat)
  return {
    header,
    claims: {
      ...claims,
      iat: now,
      exp: now + lifetime,
      ...(Object.hasOwn(claims, 'nbf') && { nbf: now }),
    },
  }
}
