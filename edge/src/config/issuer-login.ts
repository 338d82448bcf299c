import { isText, membersOf, parseUrl } from './values.ts'

/**
 * Login of a person from a web page, at an issuer: the authorization code flow with PKCE of a public client (RFC
 * 6749 §4.1, RFC 7636). The documentation page uses it, and the OpenAPI document names its endpoints.
 */
export interface IssuerLogin {
  /** Public client of the documentation page, registered at the issuer with the page's `/docs/signed-in`. */
  readonly clientId: string
  readonly authorizationUrl: string
  readonly tokenUrl: string
  /** Further parameters of the authorization request, such as Auth0's `audience`. @default none */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

/** Reads the setting `login` of an issuer. Records each mistake. */
export function readLogin(place: string, value: unknown, mistakes: string[]): IssuerLogin | undefined {
  if (value === undefined) return undefined
  const { clientId, authorizationUrl, tokenUrl, parameters = {}, ...unknown } = membersOf(value)
  for (const name of Object.keys(unknown)) mistakes.push(`${place}.${name}: unknown setting.`)
  if (!isText(clientId)) mistakes.push(`${place}.clientId: must be a public client of the issuer.`)
  for (const [name, url] of Object.entries({ authorizationUrl, tokenUrl })) {
    if (!isSafeUrl(url)) mistakes.push(`${place}.${name}: must be an https URL (http on 127.0.0.1 only).`)
  }
  const named = membersOf(parameters)
  if (!Object.values(named).every(isText)) {
    mistakes.push(`${place}.parameters: must be an object of strings, such as { "audience": "…" }.`)
  }
  // The cast: a member of another type has recorded a mistake, and then the result is unused.
  return { clientId, authorizationUrl, tokenUrl, parameters: named } as IssuerLogin
}

export function isSafeUrl(text: unknown): text is string {
  const url = typeof text === 'string' ? parseUrl(text) : undefined
  return url !== undefined && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'
