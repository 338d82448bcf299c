import type { Issuer } from '@spillway/edge/dev/issuer'
import type { OwnIssuer } from '@spillway/edge/dev/trusted-issuers'
import {
  type Application,
  type ApplicationTools,
  publicPaths,
  routesOf,
  viewsOf,
  type Welcome,
  type WelcomeRequest,
} from '@spillway/origin/contract'

export interface WelcomeOptions {
  readonly application: Application
  readonly tools: ApplicationTools
  readonly edgeUrl: string
  readonly originUrl: string
  readonly issuer: Issuer
  /** Issuers of TOKEN_ISSUERS. */
  readonly own: readonly OwnIssuer[]
  readonly seconds: string
  /** Ports for a debugger; `undefined` without `--inspect`. */
  readonly inspectorPorts?: { readonly origin: number; readonly edge: number } | undefined
}

const tokenLifeSeconds = 8 * 3600

/** Welcome text once everything runs: addresses, a token, and commands to paste. */
export async function welcome(options: WelcomeOptions): Promise<string> {
  const { application, edgeUrl, originUrl, issuer, own, seconds, inspectorPorts } = options
  const { subject, scopes, caption, requests } = options.tools.welcome ?? defaultWelcome(application)
  const token = await issuer.mintToken({ sub: subject, scopes, expiresInSeconds: tokenLifeSeconds })
  const carries = scopes.length === 0 ? '' : `, scopes ${scopes.join(' ')}`
  return `
Spillway is up (${seconds} s). Ctrl-C stops everything.

  API      ${edgeUrl}
  docs     ${edgeUrl}${publicPaths.docs}
  console  npm run console
  origin   ${originUrl} (answers the edge only)
  issuer   ${issuer.url}${own.map(({ issuer: url }) => `\n           ${url}`).join('')}${inspectorPorts === undefined ? '' : debuggers(inspectorPorts)}

A token for ${subject}${carries}, 8 hours; others: npm run token -- --help

TOKEN=${token}

${caption}

${requests.map((request) => commandOf(edgeUrl, request)).join('\n\n')}
`
}

/** A request to paste: shows response headers if they matter, with a token if it needs one. */
function commandOf(edgeUrl: string, { path, signedIn, body }: WelcomeRequest): string {
  return [
    `curl ${signedIn ? '-si' : '-s'} '${edgeUrl}${path}'`,
    ...(signedIn ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined ? [] : [creationOf(body)]),
  ].join(' ')
}

const creationOf = (body: unknown): string =>
  [
    "-H 'Content-Type: application/json'",
    '-H "Idempotency-Key: $(date +%s)"',
    // Escapes a single quote within a single-quoted shell string.
    `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
  ].join(' ')

/** A list of the first resource, in its newest version. */
function defaultWelcome({ resources }: Application): Welcome {
  const paths = viewsOf(resources)
    .filter(({ resource }) => resource === [...resources.values()][0])
    .flatMap((view) => routesOf(view).filter(({ operation }) => operation === 'list'))
    .map(({ path }) => path)
  const path = paths.at(-1) ?? publicPaths.openapi
  return { subject: 'alice', scopes: [], caption: 'Read a list:', requests: [{ path, signedIn: true }] }
}

const debuggers = ({ origin, edge }: { readonly origin: number; readonly edge: number }): string => `
  debug    origin http://127.0.0.1:${origin}/json, edge http://127.0.0.1:${edge}/json (chrome://inspect, or .vscode/launch.json)`
