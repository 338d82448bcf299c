import { hash } from 'node:crypto'
import {
  type Application,
  edgeCacheControl,
  openApiDocument,
  type ProblemCode,
  problemCatalogue,
  problemType,
  publicPaths,
} from '@spillway/origin/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { namesListEtag } from '../http/precondition.ts'
import type { Target } from '../http/request.ts'

/**
 * Documentation: one page for each problem type, and the OpenAPI document of the application alone. Clients get that of
 * the deployment from the edge, which knows its issuers and its address. Pages are made once, at start, and change with
 * a release. Browsers and the edge revalidate their copies; a 304 costs little.
 */

export interface Page {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
}

const caching = {
  'cache-control': 'public, no-cache',
  [edgeCacheControl]: 'max-age=5, stale-if-error=604800',
  'x-content-type-options': 'nosniff',
}

/** Every page by its path. */
export function createPages(application: Application): ReadonlyMap<string, Page> {
  return new Map([
    [
      publicPaths.openapi,
      page('application/json; charset=utf-8', JSON.stringify(openApiDocument(application))),
    ],
    ...problemPages(),
  ])
}

export function routePages(app: FastifyInstance, pages: ReadonlyMap<string, Page>): void {
  for (const [path, content] of pages) {
    const [, root = ''] = path.split('/')
    const target: Target = { route: `/${root}`, operation: 'page' }
    app.get(path, (request, reply) => {
      request.target = target
      return sendPage(request, reply, content)
    })
  }
}

function sendPage(request: FastifyRequest, reply: FastifyReply, { type, body, etag, headers }: Page) {
  reply.headers({ ...caching, ...headers, etag })
  const ifNoneMatch = request.headers['if-none-match']
  if (ifNoneMatch !== undefined && namesListEtag(ifNoneMatch, etag)) return reply.code(304).send()
  return reply.header('content-type', type).send(body)
}

const html = 'text/html; charset=utf-8'

function page(type: string, content: string, headers: Page['headers'] = {}): Page {
  const body = Buffer.from(content)
  return { type, body, etag: `"${hash('sha256', body, 'base64url').slice(0, 22)}"`, headers }
}

const problemStyle =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}'
const problemPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', problemStyle, 'base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Page that the `type` of a problem leads to. */
function problemPages(): readonly (readonly [string, Page])[] {
  // The cast is safe: the keys of the catalogue are its codes.
  return (Object.keys(problemCatalogue) as ProblemCode[]).map((code) => {
    const { status, title, retryable } = problemCatalogue[code]
    const advice = retryable
      ? 'The same request may succeed later: wait as long as <code>Retry-After</code> says.'
      : 'The same request will fail again: change it as <code>detail</code> and <code>errors</code> say.'
    const effect =
      code === 'outcome-unknown'
        ? 'The write may have happened, may still happen, or may not happen. Retry a create with the same <code>Idempotency-Key</code>, any other write with the same <code>If-Match</code>, or read what is there before you decide.'
        : 'The request has done nothing.'
    const text = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><style>${problemStyle}</style></head>
<body>
<h1>${title}</h1>
<p><code>${code}</code>, HTTP status ${status}.</p>
<p>${effect}</p>
<p>${advice}</p>
<p>Name the <code>requestId</code> of the answer when you report it. <a href="${publicPaths.docs}">API reference</a></p>
</body>
</html>
`
    return [problemType(code), page(html, text, { 'content-security-policy': problemPolicy })]
  })
}
