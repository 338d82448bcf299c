import { publicPaths } from '@spillway/origin/contract'
import type { TokenIssuer } from '../config/token-issuer.ts'
import type { Config } from '../config.ts'
import { compactLayout, namedElements, readableColours } from './page-look.ts'
import { rendererFile } from './renderer.ts'

/** The documentation page: Scalar over the OpenAPI document, from this host alone (decision 36). */

export const docsPaths = {
  page: publicPaths.docs,
  start: `${publicPaths.docs}/start.js`,
  renderer: `${publicPaths.docs}/${rendererFile}`,
  /** Redirect URI: an issuer sends the window in which a person has signed in to it. The page reads the code from its address. */
  signedIn: `${publicPaths.docs}/signed-in`,
} as const

/**
 * Allows this host's own files and the issuers' token endpoints, and no framing, form or base (CSP level 3). Styles may
 * be inline: the renderer sets `style` attributes, which neither a hash nor a nonce can allow.
 */
export const pagePolicy = ({ issuers }: Config): string => {
  const tokenHosts = issuers.flatMap(({ login }) =>
    login === undefined ? [] : [new URL(login.tokenUrl).origin],
  )
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src ${["'self'", ...new Set(tokenHosts)].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export const pageHtml = (title: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript>This page needs scripts. The document itself is at <a href="${publicPaths.openapi}">${publicPaths.openapi}</a>.</noscript>
<div id="reference"></div>
<script src="${docsPaths.renderer}"></script>
<script src="${docsPaths.start}"></script>
</body>
</html>
`

export const signedInHtml = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Signed in</title></head>
<body><p>Signed in. This window closes by itself.</p></body>
</html>
`

/** Starts the renderer. A token stays in the page's memory: it is stored nowhere. */
export const startScript = (config: Config): string =>
  `Scalar.createApiReference('#reference', {
  ...${JSON.stringify(settings(config))},
  oauth2RedirectUri: new URL('${docsPaths.signedIn}', location.href).href,
  // A reader who has not signed in reads what is public: the renderer would send the scheme without a token.
  onRequestBuilt: ({ request: { headers } }) => {
    if (headers.get('authorization') === 'Bearer') headers.delete('authorization')
  },
})
${namedElements}`

const settings = ({ issuers }: Config) => ({
  url: publicPaths.openapi,
  // Nothing is loaded from, sent to, or advertised for other hosts.
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  persistAuth: false,
  defaultOpenFirstTag: false,
  hideModels: true,
  customCss: readableColours + compactLayout,
  documentDownloadType: 'direct',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  authentication: {
    preferredSecurityScheme: issuers.some(({ login }) => login !== undefined) ? 'login' : 'bearer',
    securitySchemes: Object.fromEntries(issuers.flatMap(schemeOf)),
  },
})

/** The page's own client for a scheme, which the document cannot name. Schemes have the document's names. */
function schemeOf({ login }: TokenIssuer, index: number): [string, unknown][] {
  if (login === undefined) return []
  const flow = {
    'x-scalar-client-id': login.clientId,
    'x-usePkce': 'SHA-256',
    'x-scalar-security-query': login.parameters ?? {},
  }
  return [[index === 0 ? 'login' : `login${index + 1}`, { flows: { authorizationCode: flow } }]]
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
