import { edgeEnv } from '@spillway/origin/contract'
import { expandPreset } from './expand-preset.ts'
import { readClaimPlaces, readRefusedClaims, readRequiredClaims } from './issuer-claims.ts'
import { isSafeUrl, readLogin } from './issuer-login.ts'
import { type TokenIssuer, tokenAlgorithms } from './token-issuer.ts'
import { isCount, isText, isTextList, membersOf, parseJson } from './values.ts'

/** Reads TOKEN_ISSUERS. Records each mistake; an issuer with a mistake must not be used. */
export function readIssuers(text: string | undefined, mistakes: string[]): readonly TokenIssuer[] {
  const name = edgeEnv.tokenIssuers
  const listed = parseJson(text)
  if (!Array.isArray(listed) || listed.length === 0) {
    mistakes.push(
      `${name}: must be a JSON array of at least one { preset, issuer, audience }, or one ` +
        '{ issuer, jwksUri?, audience, algorithms, types?, requiredClaims?, refusedClaims?, clockToleranceSeconds?, namespace?, claims?, login? }.',
    )
    return []
  }
  const issuers = listed.map((item, index) => {
    const place = `${name}[${index}]`
    return readIssuer(place, expandPreset(place, membersOf(item), mistakes), mistakes)
  })
  if (listed.length > 1 && listed.some((item) => membersOf(item).namespace === undefined)) {
    mistakes.push(
      `${name}: with several issuers, give each a namespace; otherwise a subject of one could pass for another's: ` +
        `a short name, the same for issuers that share their users, and "" for one whose subjects stay as they are.`,
    )
  }
  const names = issuers.map(({ issuer }) => issuer)
  for (const twice of new Set(names.filter((issuer, index) => names.indexOf(issuer) !== index))) {
    mistakes.push(`${name}: issuer '${twice}' is listed twice; its keys would be ambiguous.`)
  }
  return issuers
}

function readIssuer(place: string, item: Readonly<Record<string, unknown>>, mistakes: string[]): TokenIssuer {
  const {
    issuer,
    jwksUri,
    audience,
    algorithms,
    types = ['at+jwt'],
    requiredClaims = {},
    refusedClaims = {},
    clockToleranceSeconds = 5,
    namespace = '',
    claims: places = {},
    login,
    ...unknown
  } = item
  for (const name of Object.keys(unknown)) mistakes.push(`${place}.${name}: unknown setting.`)
  if (!isText(issuer)) mistakes.push(`${place}.issuer: must be a non-empty string.`)
  const required = readRequiredClaims(`${place}.requiredClaims`, requiredClaims, mistakes)
  if (audience === undefined ? !Object.values(required).some(Array.isArray) : !isText(audience)) {
    mistakes.push(
      `${place}.audience: must be the value of aud that stands for this API. For an issuer without aud, omit it and name in ` +
        'requiredClaims what its access tokens for this API have, such as { "token_use": "access", "client_id": ["…"] }.',
    )
  }
  checkKeySetUrl(place, jwksUri, issuer, mistakes)
  const known: readonly unknown[] = tokenAlgorithms
  if (!isTextList(algorithms) || !algorithms.every((algorithm) => known.includes(algorithm))) {
    mistakes.push(`${place}.algorithms: must be a list of any of ${tokenAlgorithms.join(', ')}.`)
  }
  if (!Array.isArray(types) || types.length === 0 || !types.every((type) => type === null || isText(type))) {
    mistakes.push(`${place}.types: must be a list such as ["at+jwt"]; null in it is a token without typ.`)
  }
  if (!isCount(clockToleranceSeconds, 0) || Number(clockToleranceSeconds) > 300) {
    mistakes.push(`${place}.clockToleranceSeconds: must be an integer from 0 to 300.`)
  }
  if (typeof namespace !== 'string' || !/^[a-z0-9-]{0,32}$/.test(namespace)) {
    mistakes.push(`${place}.namespace: must be at most 32 lower-case letters, digits and hyphens.`)
  }
  if (namespace === 'key') {
    mistakes.push(`${place}.namespace: 'key' is the prefix of subjects of API keys: use another one.`)
  }
  // The cast: a member of another type has recorded a mistake, and then the result is unused.
  return {
    issuer,
    jwksUri,
    audience,
    algorithms,
    types,
    requiredClaims: required,
    refusedClaims: readRefusedClaims(`${place}.refusedClaims`, refusedClaims, mistakes),
    clockToleranceSeconds,
    namespace,
    claims: readClaimPlaces(`${place}.claims`, places, mistakes),
    login: readLogin(`${place}.login`, login, mistakes),
  } as TokenIssuer
}

/** Keys must arrive unchanged. Without a URL of its own, the key set is found below the issuer's. */
function checkKeySetUrl(place: string, jwksUri: unknown, issuer: unknown, mistakes: string[]): void {
  if (jwksUri === undefined) {
    if (isText(issuer) && !isSafeUrl(issuer)) {
      mistakes.push(`${place}.issuer: must be an https URL (http on 127.0.0.1 only), or jwksUri must be set.`)
    }
  } else if (!isSafeUrl(jwksUri)) {
    mistakes.push(
      `${place}.jwksUri: must be an https URL (http on 127.0.0.1 only): keys must arrive unchanged.`,
    )
  }
}
