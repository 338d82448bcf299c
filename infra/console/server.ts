import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastify from 'fastify'
import { figures, page } from './page.ts'
import type { ConsoleState } from './state.ts'

export interface ConsoleOptions {
  readonly state: () => Promise<ConsoleState>
  /** @default any free port */
  readonly port?: number
}

export interface Console {
  readonly url: string
  stop(): Promise<void>
}

const policy = [
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ')

/**
 * Serves the console on the loopback interface.
 *
 * @throws Error with code `EADDRINUSE` if the port is taken
 */
export async function startConsole({ state, port = 0 }: ConsoleOptions): Promise<Console> {
  const server = fastify({ forceCloseConnections: true })
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    // A page of another site could reach this server under a name of its own (DNS rebinding).
    if (!['127.0.0.1', 'localhost'].includes(request.hostname)) {
      return reply.code(421).send(`The console answers on http://${host}.\n`)
    }
  })
  server.get('/', async (_, reply) => reply.type(htmlType).send(String(page(await state()))))
  server.get('/figures', async (_, reply) => reply.type(htmlType).send(String(figures(await state()))))
  server.get('/state', () => state())
  for (const [name, type] of Object.entries({ 'console.js': 'text/javascript', 'console.css': 'text/css' })) {
    const file = await readFile(join(import.meta.dirname, name))
    server.get(`/${name}`, (_, reply) => reply.type(`${type}; charset=utf-8`).send(file))
  }
  const url = await server.listen({ host: '127.0.0.1', port })
  const { host } = new URL(url)
  return { url, stop: () => server.close() }
}

const htmlType = 'text/html; charset=utf-8'
