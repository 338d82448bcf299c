import { issuerPresets } from './issuers/index.ts'
import { oidc } from './issuers/oidc.ts'
import type { IssuerPreset } from './issuers/preset.ts'
import { isText, isTextList } from './values.ts'

type Settings = Readonly<Record<string, unknown>>

/**
 * Settings of an issuer with those of its preset filled in. Own settings replace the preset's, except its required and
 * refused claims: these can only be added to.
 */
export function expandPreset(place: string, item: Settings, mistakes: string[]): Settings {
  const { preset: name, ...own } = item
  if (name === undefined) return own
  const known =
    typeof name === 'string' && Object.hasOwn(issuerPresets, name) ? issuerPresets[name] : undefined
  if (known === undefined) {
    mistakes.push(`${place}.preset: must be one of ${Object.keys(issuerPresets).join(', ')}.`)
  }
  // With a mistaken name, other settings are still checked, as those of the most general preset.
  const preset = known ?? oidc
  const { issuer } = own
  if (isText(issuer) && !preset.issuer.pattern.test(issuer)) {
    mistakes.push(`${place}.issuer: for preset ${name}, it must have the form ${preset.issuer.example}.`)
  }
  const { audience, standIn } = audienceOf(`${place}.audience`, own.audience, preset, mistakes)
  return {
    algorithms: preset.algorithms,
    types: preset.types,
    clockToleranceSeconds: preset.clockToleranceSeconds,
    claims: placesOf(preset, audience),
    ...(preset.keys !== undefined && isText(issuer) && { jwksUri: keySetUrl(preset.keys, issuer) }),
    ...own,
    audience,
    requiredClaims: added(own.requiredClaims, { ...preset.requiredClaims, ...standIn }),
    refusedClaims: added(own.refusedClaims, { ...preset.refusedClaims }),
  }
}

/**
 * The audience as configured; clients of an API become required values of the claim that names them. A mistake is
 * recorded here, since a preset's own required claims would otherwise pass for an audience; what is returned with it is
 * never used.
 */
function audienceOf(
  place: string,
  given: unknown,
  { audience: { claim, names, value } }: IssuerPreset,
  mistakes: string[],
): { readonly audience?: string; readonly standIn?: Settings } {
  if (names === 'api') {
    const audience = given ?? value
    if (isText(audience)) return { audience }
    mistakes.push(`${place}: must be the value of ${claim} that stands for this API.`)
    return { audience: 'unset' }
  }
  const clients = isText(given) ? [given] : given
  if (isTextList(clients)) return { standIn: { [claim]: clients } }
  mistakes.push(`${place}: must be a client of this API, or a list of clients: values of ${claim}.`)
  return { standIn: { [claim]: ['unset'] } }
}

/** Own claims with those of the preset, unless the own ones are no object: that mistake must still be found. */
const added = (own: unknown, ofPreset: Settings): unknown =>
  own === undefined || (typeof own === 'object' && own !== null && !Array.isArray(own))
    ? { ...own, ...ofPreset }
    : own

const placesOf = ({ claims }: IssuerPreset, audience: unknown): Settings =>
  Object.fromEntries(
    Object.entries(claims).map(([name, paths]) => [
      name,
      paths.map((path) => path.replace('{audience}', () => String(audience))),
    ]),
  )

/** A reference relative to the issuer as a folder; the issuer itself if that is no URL. */
const keySetUrl = (reference: string, issuer: string): string =>
  URL.parse(reference, `${issuer.replace(/\/$/, '')}/`)?.href ?? issuer
