import { application } from '@spillway/origin/application'
import {
  acceptsJson,
  assertionProfile,
  decideAccess,
  findView,
  headers,
  idPattern,
  type Principal,
  type View,
} from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { Measures } from './required-measures.ts'
import type { RequiredStep } from './required-steps.ts'

/** State of a request of the required server. */
declare module 'fastify' {
  interface FastifyRequest {
    caller: Principal | undefined
    startMs: number
    untilMs: number
    hasPermit: boolean
  }
}

/** The cast is safe: the application has places. */
export const placesView = findView(application.resources, 'v2', 'places') as View

/** Budget of a request, in ms. */
export const budgetMs = 1_000
/** Requests in service at most. */
const permitsMax = 1_024

interface Known {
  readonly caller: Principal
  readonly untilMs: number
}

const bodyTypes: Readonly<Record<string, readonly string[]>> = {
  POST: ['application/json'],
  PATCH: ['application/merge-patch+json', 'application/json'],
}

/**
 * Checks from the head of a request alone.
 *
 * @param jwks public keys of the edge, as JSON
 * @returns the status of a refusal; `undefined` for a request that may proceed
 */
export function headChecks(
  steps: ReadonlySet<RequiredStep>,
  jwks: string,
  measures: Measures,
): (request: FastifyRequest) => number | undefined | Promise<number | undefined> {
  const keys = createLocalJWKSet(JSON.parse(jwks))
  const known = new Map<string, Known>()
  const { access } = placesView.resource
  const isBounded = steps.has('deadline')
  const hasPermits = steps.has('permit')
  const isChecked = steps.has('access')

  const proceed = (request: FastifyRequest): number | undefined => {
    const { headers: sent, method } = request
    if (isChecked) {
      // The cast is safe: only routes with `:id` have parameters.
      const { id } = request.params as { readonly id?: string }
      if (id !== undefined && !idPattern.test(id)) return 404
      const rule = method === 'GET' ? access.read : access.update
      if (decideAccess(rule, request.caller).outcome !== 'allowed') return 403
      if (!acceptsJson(sent.accept)) return 406
      if (bodyTypes[method]?.includes(sent['content-type'] ?? '') === false) return 415
    }
    if (hasPermits) {
      if (measures.taken >= permitsMax) return 503
      measures.taken += 1
      request.hasPermit = true
    }
    return undefined
  }

  return (request) => {
    const { headers: sent } = request
    if (isBounded) {
      request.startMs = performance.now()
      request.untilMs = request.startMs + Number(sent[headers.timeoutMs] ?? budgetMs)
    }
    if (!steps.has('assertion')) return proceed(request)
    const assertion = String(sent[headers.assertion])
    const remembered = known.get(assertion)
    if (remembered !== undefined && Date.now() < remembered.untilMs) {
      request.caller = remembered.caller
      return proceed(request)
    }
    const { audience, issuer, type: typ } = assertionProfile
    return jwtVerify(assertion, keys, { audience, issuer, typ }).then(
      ({ payload: { sub = '', exp = 0, scope } }) => {
        const caller = { subject: sub, scopes: String(scope).split(' ') }
        known.set(assertion, { caller, untilMs: exp * 1_000 })
        request.caller = caller
        return proceed(request)
      },
      () => 401,
    )
  }
}
