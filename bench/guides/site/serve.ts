import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { relative } from 'node:path'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'

export interface ServedSite {
  readonly url: string
  stop(): void
}

/**
 * Serves a built site on the loopback interface.
 *
 * @param port 0: any free one
 * @throws Error if the port is in use
 */
export async function serveSite(folder: string, port: number): Promise<ServedSite> {
  const app = new Hono()
  app.use('*', serveStatic({ root: relative(process.cwd(), folder) }))
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port })
  await once(server, 'listening')
  // The cast is safe: the server listens on a port.
  const { port: taken } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${taken}`, stop: () => void server.close() }
}
