import { type Application, openApiDocument, publicPaths } from '@spillway/origin/contract'
import { type Context, Hono } from 'hono'
import { etag } from 'hono/etag'
import type { Bindings, Config } from '../config.ts'
import { documentedDeployment } from './deployment.ts'
import { docsPaths, pageHtml, pagePolicy, signedInHtml, startScript } from './page.ts'

export type DocsEnv = { readonly Bindings: Bindings }

const revalidated = { 'cache-control': 'public, no-cache' }
const kept = { 'cache-control': 'public, max-age=31536000, immutable' }
const script = 'text/javascript; charset=utf-8'
const html = 'text/html; charset=utf-8'

/**
 * The OpenAPI document and the page that shows it. The edge answers both itself, so that they are there when the origin
 * is not, and say which issuers this deployment trusts.
 */
export function docsRoutes(application: Application, config: Config): Hono<DocsEnv> {
  // Made for the first reader: most isolates never have one.
  let document: string | undefined
  const app = new Hono<DocsEnv>()
  app.get(publicPaths.openapi, etag(), (c) => {
    document ??= JSON.stringify(openApiDocument(application, documentedDeployment(config)))
    return c.body(document, 200, { 'content-type': 'application/json; charset=utf-8', ...revalidated })
  })
  const page = (c: Context) =>
    c.body(pageHtml(application.title), 200, {
      'content-type': html,
      'content-security-policy': pagePolicy(config),
      // Lets the page read the address of the window in which a person signs in.
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      ...revalidated,
    })
  app.get(docsPaths.page, etag(), page)
  app.get(`${docsPaths.page}/`, etag(), page)
  app.get(docsPaths.start, etag(), (c) =>
    c.body(startScript(config), 200, { 'content-type': script, ...revalidated }),
  )
  app.get(docsPaths.signedIn, (c) =>
    c.body(signedInHtml, 200, {
      'content-type': html,
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      // Keeps the window within reach of the page that opened it.
      'cross-origin-opener-policy': 'unsafe-none',
      'cache-control': 'no-store',
    }),
  )
  app.get(docsPaths.renderer, async (c, next) => {
    const name = docsPaths.renderer.slice(docsPaths.page.length)
    const file = await c.env.DOCS?.fetch(`https://docs${name}`)
    if (file?.ok !== true) return await next()
    return new Response(file.body, { headers: { 'content-type': script, ...kept } })
  })
  return app
}
