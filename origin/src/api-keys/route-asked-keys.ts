import { askKeysPath, type KeyQuestion, type Problem, ProblemError, usedMax } from '@spillway/origin/contract'
import type { FastifyInstance } from 'fastify'
import { bodyOf, callOf, type Target } from '../http/request.ts'
import { AskedKeys, type AskedKeysOptions } from './asked-keys.ts'

export interface RouteAskedKeysOptions extends AskedKeysOptions {
  /** Called with the ids of keys that an edge has seen in use. */
  readonly onUse: (ids: readonly string[]) => void
}

const target: Target = { route: askKeysPath, operation: 'ops' }

/**
 * The route on which edges ask about API keys. Like every other one, it takes only what an edge has signed. It waits
 * for no slot: the answer decides whether other requests are worth one.
 */
export function routeAskedKeys(app: FastifyInstance, { onUse, ...options }: RouteAskedKeysOptions): void {
  const asked = new AskedKeys(options)
  app.post(askKeysPath, async (request, reply) => {
    request.target = target
    const body = bodyOf(request)
    if (!body.ok) throw new ProblemError(body.problem)
    if (!isQuestion(body.value)) throw new ProblemError(notAsked)
    onUse(body.value.used)
    return reply.header('cache-control', 'no-store').send(await asked.answer(body.value, callOf(request)))
  })
}

const notAsked: Problem = { code: 'bad-request', detail: 'Not a valid question about API keys.' }

function isQuestion(value: unknown): value is KeyQuestion {
  if (typeof value !== 'object' || value === null || !('used' in value)) return false
  if ('id' in value && !isId(value.id)) return false
  return Array.isArray(value.used) && value.used.length <= usedMax && value.used.every(isId)
}

const isId = (value: unknown): boolean => typeof value === 'string' && /^[0-9A-Za-z]{12}$/.test(value)
