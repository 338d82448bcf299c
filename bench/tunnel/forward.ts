import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type ClientHttp2Session,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { parseAnswerFields } from './answer-fields.ts'

/** Fields that Cloudflare adds to a request (developers.cloudflare.com/fundamentals/reference/http-headers). */
const added = {
  'cf-connecting-ip': '203.0.113.7',
  'cf-ipcountry': 'NL',
  'cf-ray': '9a1b2c3d4e5f6789-AMS',
  'cf-visitor': '{"scheme":"https"}',
  'cf-worker': 'spillway.example',
  'cdn-loop': 'cloudflare; loops=1; subreqs=1',
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-proto': 'https',
} as const

/** Fields that concern one connection only, which HTTP/2 forbids (RFC 9113 §8.2.2). */
const ofConnection = new Set(['connection', 'host', 'keep-alive', 'transfer-encoding', 'upgrade'])

/** Sends a request through a connection of the tunnel, and its answer back. */
export function forward(
  session: ClientHttp2Session,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method = 'GET', url = '/' } = request
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const stream = session.request(fieldsOf(request, method, url), { endStream: !hasBody })
  if (hasBody) request.pipe(stream)
  stream.once('response', (fields) => {
    if (response.destroyed) return
    response.writeHead(fields[':status'] ?? 502, answerFieldsOf(fields))
    stream.pipe(response)
  })
  stream.on('error', () => response.destroy())
  // The caller has left, or has its answer: then this does nothing.
  response.once('close', () => stream.close(constants.NGHTTP2_CANCEL))
}

function fieldsOf({ headers }: IncomingMessage, method: string, path: string): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {
    ':method': method,
    ':scheme': 'https',
    ':path': path,
    ':authority': 'origin.spillway.example',
    ...added,
  }
  for (const name in headers) if (!ofConnection.has(name)) fields[name] = headers[name]
  return fields
}

function answerFieldsOf(fields: IncomingHttpHeaders): string[] {
  const value = fields['cf-cloudflared-response-headers']
  const pairs = parseAnswerFields(typeof value === 'string' ? value : '')
  const kept: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const [name = '', value = ''] = [pairs[i], pairs[i + 1]]
    if (!ofConnection.has(name.toLowerCase())) kept.push(name, value)
  }
  return kept
}
