import type { Fields, Parsed, RawBody } from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import type { ParsedBody } from '../http/request.ts'
import { canonicalJson } from '../store/canonical-json.ts'

/** Input of a handler, and a text of the body that is equal for equal requests. */
export interface Input {
  readonly input: Fields
  readonly text: () => string
}

export function jsonInput(request: FastifyRequest, check: (body: unknown) => Parsed<Fields>): Parsed<Input> {
  // The cast is safe: the parser for JSON in app.ts returns this type.
  const body = (request.body ?? emptyBody) as ParsedBody
  if (!body.ok) return body
  const checked = check(body.value)
  if (!checked.ok) return checked
  return { ok: true, value: { input: checked.value, text: () => canonicalJson(body.value) } }
}

export function rawInput(request: FastifyRequest, { headers: names }: RawBody): Parsed<Input> {
  // The cast is safe: the parser in route-actions.ts returns bytes.
  const bytes = (request.body ?? Buffer.alloc(0)) as Buffer
  const fields = Object.fromEntries(names.map((name) => [name, request.headers[name]]))
  return { ok: true, value: { input: { bytes, headers: fields }, text: () => bytes.toString('base64') } }
}

const emptyBody: ParsedBody = { ok: true, value: {}, text: '{}' }
