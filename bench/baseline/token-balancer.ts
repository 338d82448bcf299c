/** Program: a gateway that checks tokens, and a balancer behind it that gives each request to the next instance. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { portOf } from '@spillway/origin/dev/ports'
import { Agent, request as send } from 'undici'
import { listeningLine } from '../peers/settings.ts'
import { tokenCheck } from '../peers/token-check.ts'
import { type BalancerSettings, readSettings, subjectHeader } from './baseline-settings.ts'

const { instances, issuer, gatewayTimeoutMs } = readSettings<BalancerSettings>()
const subjectOf = tokenCheck(issuer)
const dispatcher = new Agent({
  headersTimeout: gatewayTimeoutMs,
  bodyTimeout: gatewayTimeoutMs,
  connect: { timeout: 10_000 },
})
let turn = 0

/** Headers that are about the connection and not the request (RFC 9110 §7.6.1). */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'te', 'upgrade', 'expect'])

const forwarded = (headers: IncomingMessage['headers']) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)))

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const subject = await subjectOf(headers.authorization)
  if (subject === undefined) {
    response.writeHead(401).end()
    return
  }
  // The cast is safe: the remainder is an index of the list.
  const instance = instances[turn++ % instances.length] as string
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const answer = await send(instance + url, {
    dispatcher,
    // The cast is safe: undici sends any method, and its type lists the usual ones.
    method: method as 'GET',
    headers: { ...forwarded(headers), [subjectHeader]: subject },
    ...(hasBody && { body: request }),
  })
  // The cast is safe: undici's fields have the form of Node's.
  response.writeHead(answer.statusCode, forwarded(answer.headers as IncomingMessage['headers']))
  answer.body.pipe(response)
}

const server = createServer((request, response) => {
  handle(request, response).catch((error: NodeJS.ErrnoException) => {
    if (response.headersSent) return response.destroy()
    response.writeHead(error.code === 'UND_ERR_HEADERS_TIMEOUT' ? 504 : 502).end()
  })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  console.log(listeningLine(portOf(server)))
})
process.once('SIGTERM', () => process.exit(0))
