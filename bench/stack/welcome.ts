import { publicPaths } from '@spillway/origin/contract'
import type { Issuer } from './issuer.ts'

export interface WelcomeOptions {
  readonly edgeUrl: string
  readonly originUrl: string
  readonly issuer: Issuer
  readonly seconds: string
  /** Ports for a debugger; `undefined` without `--inspect`. */
  readonly inspectorPorts?: { readonly origin: number; readonly edge: number } | undefined
}

const subject = 'alice'
const scopes = ['places:write', 'advisories:write']
const tokenLifeSeconds = 8 * 3600

/** What a person sees when everything runs: where things are, a token, and three commands to paste. */
export async function welcome(options: WelcomeOptions): Promise<string> {
  const { edgeUrl, originUrl, issuer, seconds, inspectorPorts } = options
  const token = await issuer.mintToken({ sub: subject, scopes, expiresInSeconds: tokenLifeSeconds })
  const trip = JSON.stringify({ title: 'Lisbon', startsOn: '2027-05-01', endsOn: '2027-05-08', placeIds: [] })
  return `
Spillway is up (${seconds} s). Ctrl-C stops everything.

  API      ${edgeUrl}
  docs     ${edgeUrl}${publicPaths.docs}
  origin   ${originUrl} (answers the edge only)
  issuer   ${issuer.url}${inspectorPorts === undefined ? '' : debuggers(inspectorPorts)}

A token for ${subject}, scopes ${scopes.join(' ')}, 8 hours; others: npm run token -- --help

TOKEN=${token}

Read a list, write something of your own, read it back:

curl -s '${edgeUrl}/v2/places?countryCode=FR&sort=-population&limit=3'

curl -si '${edgeUrl}/v2/trips' -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s)" -d '${trip}'

curl -si '${edgeUrl}/v2/trips?sort=-startsOn&limit=1' -H "Authorization: Bearer $TOKEN"
`
}

const debuggers = ({ origin, edge }: { readonly origin: number; readonly edge: number }): string => `
  debug    origin http://127.0.0.1:${origin}/json, edge http://127.0.0.1:${edge}/json (chrome://inspect, or .vscode/launch.json)`
