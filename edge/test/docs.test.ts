import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rendererFile } from '../src/docs/renderer.ts'
import { type Edge, startTestEdge } from './support/edge.ts'

const login = {
  clientId: 'docs',
  authorizationUrl: 'https://login.example.com/authorize',
  tokenUrl: 'https://token.example.com/token',
}
const issuers = [
  { issuer: 'https://login.example.com/', login },
  { issuer: 'https://other.example.com', namespace: 'other' },
].map((one) => ({ namespace: '', audience: 'api', algorithms: ['ES256'], ...one }))

let folder: string
let edge: Edge
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-docs-'))
  await writeFile(join(folder, rendererFile), 'renderer')
  // Nothing listens there: the documentation needs no origin.
  edge = await startTestEdge({
    origins: [{ url: 'http://127.0.0.1:9' }],
    variables: { TOKEN_ISSUERS: JSON.stringify(issuers), PUBLIC_URL: 'https://api.example.com' },
    docsFolder: folder,
  })
})
afterAll(async () => {
  await edge.stop()
  await rm(folder, { recursive: true })
})

describe('the OpenAPI document', () => {
  it('describes the issuers and the address of the deployment', async () => {
    const answer = await edge.fetch('/openapi.json')
    // The cast is safe: what is read of it is asserted.
    const document = (await answer.json()) as {
      servers: unknown
      components: { securitySchemes: Record<string, unknown> }
      paths: Record<string, { post: { security: unknown } }>
    }
    expect(document.servers).toEqual([{ url: 'https://api.example.com', description: 'This deployment' }])
    expect(document.components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      login: {
        type: 'oauth2',
        flows: {
          authorizationCode: { authorizationUrl: login.authorizationUrl, tokenUrl: login.tokenUrl },
        },
      },
      login2: {
        type: 'openIdConnect',
        openIdConnectUrl: 'https://other.example.com/.well-known/openid-configuration',
      },
    })
    expect(document.paths['/v2/places']?.post.security).toEqual([
      { bearer: [] },
      { login: ['places:write'] },
      { login2: ['places:write'] },
    ])
  })

  it('is revalidated by its ETag', async () => {
    const { headers } = await edge.fetch('/openapi.json')
    const etag = headers.get('etag') ?? ''
    expect(etag).toMatch(/^(?:W\/)?"[^"]+"$/)
    const again = await edge.fetch('/openapi.json', { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })
})

describe('the documentation page', () => {
  it('has all it needs here, and allows no other host but the token endpoint', async () => {
    const answer = await edge.fetch('/docs')
    const policy = answer.headers.get('content-security-policy')?.split('; ')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("connect-src 'self' https://token.example.com")
    const page = await answer.text()
    expect(page).not.toMatch(/https?:\/\//)
    const files = [...page.matchAll(/src="([^"]+)"/g)].map(([, path = '']) => path)
    expect(files).toEqual([`/docs/${rendererFile}`, '/docs/start.js'])
    for (const path of files) {
      const file = await edge.fetch(path)
      expect([path, file.status, file.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/javascript; charset=utf-8',
      ])
      expect(file.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it('signs in as the client that the issuer knows, with PKCE, and stores no token', async () => {
    const start = await (await edge.fetch('/docs/start.js')).text()
    expect(start).toContain('"x-scalar-client-id":"docs"')
    expect(start).toContain('"x-usePkce":"SHA-256"')
    expect(start).toContain('"persistAuth":false')
    const window = await edge.fetch('/docs/signed-in?code=secret')
    expect(window.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
    expect(window.headers.get('cache-control')).toBe('no-store')
    expect(await window.text()).not.toContain('secret')
  })

  it('keeps the renderer for a year: its name has its version', async () => {
    const { headers } = await edge.fetch(`/docs/${rendererFile}`)
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  })

  it.each(['/docs/nothing', '/docs/scalar.js', '/docs/start.js/more'])('has no %s', async (path) => {
    expect((await edge.fetch(path)).status).toBe(404)
  })
})
