import { randomUUID } from 'node:crypto'
import { headers, parseEtags } from '@spillway/origin/contract'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { parseJsonBody } from '../../origin/src/http/json-body.ts'
import { keyedId, requestFingerprint } from '../../origin/src/store/creation-key.ts'
import { writeIds } from '../../origin/src/store/write-ids.ts'
import { type StoredPlace, storedFields, versionOf } from '../peers/place.ts'
import { listeningLine, peerSettings } from '../peers/settings.ts'
import { openLanes } from './place-lanes.ts'
import { answersOf, type Fields, type Page, rememberedQueries } from './required-answers.ts'
import { bodyChecks } from './required-bodies.ts'
import { budgetMs, headChecks } from './required-checks.ts'
import { requiredMeasures } from './required-measures.ts'
import type { RequiredStep } from './required-steps.ts'

/** Id in the path. The cast is safe: only routes with `:id` in their path ask for it. */
const idOf = ({ params }: FastifyRequest): string => (params as { readonly id: string }).id
const searchOf = ({ url }: FastifyRequest): string => url.slice(url.indexOf('?') + 1)

/**
 * Serves places with what any origin with our contract must do, and little more: the least server, and the
 * {@link ./required-steps.ts steps}. It has no other resource, version or rule, and answers errors by their status alone, so it is
 * no peer. It shows what is left to gain.
 *
 * @param jwks public keys of the edge, as JSON
 */
export async function serveRequired(steps: ReadonlySet<RequiredStep>, jwks: string): Promise<void> {
  const queryOf = rememberedQueries()
  const answers = answersOf(steps, queryOf)
  const { inserts, lists, reads, updates, close } = await openLanes<Page>(peerSettings(), {
    pageOf: answers.pageOf,
    limit: steps.has('fields') ? 21 : 20,
    ...(steps.has('deadline') && { boundMs: budgetMs }),
  })
  const measures = requiredMeasures(steps)
  const check = headChecks(steps, jwks, measures)
  const { ofCreate, ofChange } = bodyChecks(steps)
  const writeId = writeIds()
  const isChecked = steps.has('access')
  const isKeyed = steps.has('key')

  const app = fastify({ logger: false, keepAliveTimeout: 75_000 })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    // The cast is safe: `parseAs` makes the body a buffer.
    (_, body, done) => done(null, parse(body as Buffer)),
  )
  const parse = (bytes: Buffer): unknown => {
    if (!steps.has('body')) return JSON.parse(bytes.toString())
    const parsed = parseJsonBody(bytes)
    return parsed.ok ? parsed.value : undefined
  }
  app.decorateRequest('caller', undefined)
  app.decorateRequest('startMs', 0)
  app.decorateRequest('untilMs', 0)
  app.decorateRequest('hasPermit', false)
  if (steps.has('assertion')) {
    app.addHook('onRequest', (request, reply, done) => {
      const verdict = check(request)
      if (verdict === undefined) done()
      else if (typeof verdict === 'number') refuse(reply, verdict)
      else
        verdict.then((status) => {
          if (status === undefined) done()
          else refuse(reply, status)
        }, done)
    })
  }

  /** Sends an answer; its text is computed before. */
  const send = (reply: FastifyReply, status: number, fields: Fields, body: string): void => {
    measures.ended(reply.request, status)
    reply.code(status).headers(fields).send(body)
  }
  const refuse = (reply: FastifyReply, status: number): void => send(reply, status, {}, '')
  /** Ends a request whose work fails. */
  const or500 = (reply: FastifyReply, work: Promise<void>): void => void work.catch(() => refuse(reply, 500))
  const isLate = ({ untilMs }: FastifyRequest): boolean =>
    steps.has('deadline') && performance.now() >= untilMs

  const read = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (isChecked && request.url.includes('?')) return refuse(reply, 400)
    const noneMatch = isChecked ? request.headers['if-none-match'] : undefined
    const place = await reads.ask(idOf(request))
    if (isLate(request)) return refuse(reply, 504)
    if (place === undefined) return refuse(reply, 404)
    if (noneMatch !== undefined && includesVersion(noneMatch, place.version)) return refuse(reply, 304)
    send(reply, 200, answers.ofPlace(request.id, place), answers.write(place))
  }
  const listed = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const search = searchOf(request)
    const query = isChecked ? queryOf(search) : undefined
    if (isChecked && query === undefined) return refuse(reply, 400)
    const at = search.indexOf('countryCode=') + 12
    const page = await lists.ask(search.slice(at, at + 2))
    if (isLate(request)) return refuse(reply, 504)
    send(reply, 200, answers.ofPage(request.id, query, page), page.body)
  }
  const create = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const input = ofCreate(request.body)
    if (input === undefined) return refuse(reply, 422)
    const at = new Date()
    const made = { ...storedFields(input), createdAt: at, updatedAt: at, version: 1 }
    const place = isKeyed ? keyed(request, made) : { _id: randomUUID(), ...made }
    await inserts.ask(place)
    if (isLate(request)) return refuse(reply, 504)
    const fields = answers.ofWritten(request.id, [place], `/v2/places/${place._id}`)
    send(reply, 201, fields, answers.write(place))
  }
  const keyed = (request: FastifyRequest, made: Omit<StoredPlace, '_id'>): StoredPlace => {
    const key = String(request.headers[headers.idempotencyKey])
    const subject = request.caller?.subject ?? ''
    const digest = requestFingerprint('create /v2/places', JSON.stringify(request.body))
    const _id = keyedId('places', { subject, version: 'v2', key, request: digest })
    return Object.assign({ _id, ...made }, { _w: [writeId()], _key: { request: digest } })
  }
  const change = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const id = idOf(request)
    const place = await reads.ask(id)
    if (isLate(request)) return refuse(reply, 504)
    if (place === undefined) return refuse(reply, 404)
    const ifMatch = request.headers['if-match'] ?? ''
    const holds = isChecked ? includesVersion(ifMatch, place.version) : versionOf(ifMatch) === place.version
    if (!holds) return refuse(reply, 412)
    const changed = ofChange(place, request.body)
    if (changed === undefined) return refuse(reply, 422)
    const next = { ...place, ...changed, updatedAt: new Date(), version: place.version + 1 }
    if (isKeyed) Object.assign(next, { _w: [writeId()] })
    await updates.ask(next)
    send(reply, 200, answers.ofWritten(request.id, [place, next]), answers.write(next))
  }

  app.get('/v2/places/:id', (request, reply) => or500(reply, read(request, reply)))
  app.get('/v2/places', (request, reply) => or500(reply, listed(request, reply)))
  app.post('/v2/places', (request, reply) => or500(reply, create(request, reply)))
  app.patch('/v2/places/:id', (request, reply) => or500(reply, change(request, reply)))
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  console.log(listeningLine(Number(url.port)))
  process.once('SIGTERM', () => void app.close().then(close))
}

const includesVersion = (field: string, version: number): boolean => {
  const tags = parseEtags(field)
  return tags === 'any' || tags?.some((tag) => tag.version === version) === true
}
