import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { application } from '@spillway/origin/application'
import {
  askKeysPath,
  type CacheRule,
  clientCacheControl,
  documentEtag,
  documentTag,
  edgeCacheControl,
  edgeCacheControlValue,
  formatLoad,
  formatRevision,
  listTag,
  headers as names,
  problemBody,
  problemHeaders,
  revisionOf,
  revisionTag,
} from '@spillway/origin/contract'
import { endServer, listenOnLoopback } from '@spillway/origin/dev/loopback-server'
import { answerAboutKey } from './stub-keys.ts'
import { place } from './workers/place.ts'

export interface StubOrigin {
  readonly url: string
  stop(): Promise<void>
}

/**
 * An origin that answers at once, with the header fields of ours, to measure the edge alone.
 *
 * - `serving`: every document is Paris, and every list contains it twenty times.
 * - `ruled`: the same, with the attributes of a read rule.
 * - `refusing`: it sheds everything, like ours under overload.
 */
export async function startStubOrigin(mode: 'serving' | 'ruled' | 'refusing'): Promise<StubOrigin> {
  const attributes = mode === 'ruled' ? { [names.ruleAttributes]: ruleAttributes } : {}
  const server = createServer(
    mode === 'refusing' ? refuse : (request, response) => serve(request, response, attributes),
  )
  const url = await listenOnLoopback(server)
  return { url, stop: () => endServer(server) }
}

const page = JSON.stringify({ items: Array.from({ length: 20 }, () => JSON.parse(place)) })
const declared = application.resources.get('places')?.cache
/**
 * Fresh for longer than a run. A dozen servers take turns, so each gets a twelfth of the requests: refreshes, which
 * happen per unit of time, would cost each request a dozen times what they cost under a steady load.
 */
const rule: CacheRule = declared?.kind === 'stored' ? { ...declared, maxAgeSeconds: 3_600 } : { kind: 'none' }
const view = application.resources.get('places')?.versions.get('v2')
const revision = view === undefined ? '0' : revisionOf(view)
const shownTag = revisionTag('places', 'v2', revision)
const fresh = {
  'content-type': 'application/json',
  'cache-control': clientCacheControl(rule),
  [edgeCacheControl]: edgeCacheControlValue(rule),
  [names.load]: formatLoad({ utilization: 0.1, queueMs: 0, shed: 0 }),
  [names.revision]: formatRevision({ revision, sinceMs: Date.now() }),
}

/** Attributes of a published place of another owner: only the last alternative of the rule allows it. */
const ruleAttributes = JSON.stringify({ status: 'published', authorId: 'somebody' })

function answerKeyQuestion(request: IncomingMessage, response: ServerResponse): void {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (part) => {
    text += part
  })
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answerAboutKey(JSON.parse(text).id)))
  })
}

function serve(request: IncomingMessage, response: ServerResponse, attributes: OutgoingHttpHeaders): void {
  const { method, url = '' } = request
  if (url === askKeysPath) {
    answerKeyQuestion(request, response)
    return
  }
  const id = /^\/v2\/places\/([^/?]+)/.exec(url)?.[1]
  if (method === 'POST') {
    const fields = {
      ...fresh,
      'cache-control': 'no-store',
      [edgeCacheControl]: 'no-store',
      etag: documentEtag(1, revision),
      location: '/v2/places/new',
      [names.purgeTag]: `${documentTag('places', 'new')},${listTag('places')}`,
    }
    send(response, 201, fields, place)
  } else if (id !== undefined) {
    const fields = {
      ...fresh,
      etag: documentEtag(1, revision),
      [names.cacheTag]: `${documentTag('places', id)},${shownTag}`,
      ...attributes,
    }
    send(response, 200, fields, place)
  } else {
    const tags = `${listTag('places')},${listTag('places')}:=,${shownTag}`
    send(response, 200, { ...fresh, [names.cacheTag]: tags }, page)
  }
}

/** Sends the body's length, as our origin does: without it the edge reads the body chunk by chunk. */
function send(response: ServerResponse, status: number, fields: OutgoingHttpHeaders, body: string): void {
  response.writeHead(status, { ...fields, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** Detail of a refusal by this origin, which tells it from one by the edge. */
export const busyDetail = 'The stub origin is too busy.'
const refusal = { code: 'overloaded', detail: busyDetail, retryAfterSeconds: 1 } as const
const refusalBody = JSON.stringify(problemBody(refusal, '00000000-0000-4000-8000-000000000000'))

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const load = formatLoad({ utilization: 1, queueMs: 100, shed: 0.9 })
  send(response, 503, { ...problemHeaders(refusal), [names.load]: load }, refusalBody)
}
