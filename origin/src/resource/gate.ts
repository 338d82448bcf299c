import {
  acceptsJson,
  accessRuleOf,
  decideAccess,
  deniedProblem,
  exportFormatOf,
  feedFormatOf,
  mergePatchMediaType,
  notAcceptable,
  notAcceptableForFeed,
  type OfferedRoute,
  type Operation,
  type Problem,
  versionGone,
} from '@spillway/origin/contract'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { sendProblem } from '../http/problem.ts'
import type { Target } from '../http/request.ts'
import type { CompiledView } from './compiled-view.ts'

/**
 * Decisions from the head of the request alone: whether the version still exists, the caller has access, `Accept`
 * allows JSON, and the body's type is supported. All of them come before admission and before the body is read.
 *
 * The edge has checked access already. The origin checks again, so that a mistake there does not open the database.
 */
export function gateStage(
  compiled: CompiledView,
  { operation, action }: Pick<OfferedRoute, 'operation' | 'action'>,
  target: Target,
  now: () => number,
): onRequestHookHandler {
  const { resource, representation, version } = compiled.view
  const rule = accessRuleOf({ resource, operation, ...(action !== undefined && { action }) })
  const exported = operation === 'list' ? resource.export : undefined
  const bodyTypes = action?.raw === undefined ? acceptedBodies(operation) : action.raw.types
  return (request, reply, done) => {
    request.target = target
    reply.headers(compiled.everyAnswer)
    if (compiled.successorLink !== undefined) reply.header('link', compiled.successorLink)
    const { headers: sent } = request
    if (now() >= compiled.goneAtMs) {
      const successor = representation.deprecation?.successor
      sendProblem(reply, versionGone(resource.name, version, successor))
      return
    }
    const decision = decideAccess(rule, request.principal)
    if (decision.outcome !== 'allowed') {
      sendProblem(reply, deniedProblem(decision))
      return
    }
    const format = exportFormatOf(exported, sent.accept)
    if (format !== undefined && exported !== undefined) {
      const right = decideAccess(exported.access, request.principal)
      if (right.outcome !== 'allowed') {
        sendProblem(reply, deniedProblem(right))
        return
      }
      request.exportFormat = format
    } else if (
      operation === 'changes' ? feedFormatOf(sent.accept) === undefined : !acceptsJson(sent.accept)
    ) {
      sendProblem(reply, operation === 'changes' ? notAcceptableForFeed : notAcceptable)
      return
    }
    const refusal = bodyTypes === undefined ? undefined : refuseBodyType(request, operation, bodyTypes)
    if (refusal !== undefined) {
      sendProblem(reply, refusal)
      return
    }
    done()
  }
}

function acceptedBodies(operation: Operation): readonly string[] | undefined {
  switch (operation) {
    case 'create':
    case 'batchCreate':
    case 'replace':
    case 'action':
      return ['application/json']
    case 'patch':
      return [mergePatchMediaType, 'application/json']
    default:
      return undefined
  }
}

/** 415 with the supported types (RFC 9110 §15.5.16; for PATCH RFC 5789 §2.2). */
function refuseBodyType(
  { headers: sent }: FastifyRequest,
  operation: Operation,
  types: readonly string[],
): Problem | undefined {
  const coding = sent['content-encoding']
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
    return {
      code: 'unsupported-media-type',
      detail: 'Content-Encoding is not supported. Send the body uncompressed.',
      headers: { 'accept-encoding': 'identity' },
    }
  }
  const type = sent['content-type']
  if (type !== undefined && types.includes(type)) return undefined
  if (type === undefined && !hasBody(sent)) {
    // Most actions take no input.
    if (operation === 'action') return undefined
    return { code: 'malformed-json', detail: 'The body is empty. Send a JSON document.' }
  }
  if (type !== undefined && isTakenType(type, types)) return undefined
  return {
    code: 'unsupported-media-type',
    detail: `Content-Type must be ${types.join(' or ')}.`,
    headers: { [operation === 'patch' ? 'accept-patch' : 'accept']: types.join(', ') },
  }
}

/**
 * Whether a Content-Type (RFC 9110 §8.3) is one of `types` in UTF-8. Uses no regular expression: one with two runs of
 * optional whitespace takes quadratic time on input of the caller.
 */
export function isTakenType(type: string, types: readonly string[]): boolean {
  const text = type.toLowerCase()
  const nameEnd = endOfPart(text, 0)
  if (!types.includes(text.slice(0, nameEnd).trim())) return false
  let at = nameEnd
  while (at < text.length) {
    // perf: skips empty parameters, which are allowed (RFC 9110 §5.6.6), without cutting each of thousands out.
    if (text[at] === ';' || text[at] === ' ') {
      at += 1
      continue
    }
    const end = endOfPart(text, at)
    if (!saysUtf8(text.slice(at, end))) return false
    at = end
  }
  return true
}

function endOfPart(text: string, from: number): number {
  const end = text.indexOf(';', from)
  return end === -1 ? text.length : end
}

function saysUtf8(parameter: string): boolean {
  const text = parameter.trim()
  const split = text.indexOf('=')
  if (split === -1) return text === ''
  return text.slice(0, split).trimEnd() === 'charset' && utf8Names.has(text.slice(split + 1).trimStart())
}

const utf8Names: ReadonlySet<string> = new Set(['utf-8', 'utf8', '"utf-8"', '"utf8"'])

/** Whether the request has a body (RFC 9112 §6.3). */
const hasBody = (sent: FastifyRequest['headers']): boolean =>
  sent['transfer-encoding'] !== undefined ||
  (sent['content-length'] !== undefined && sent['content-length'] !== '0')
