import { type Action, headers, parseTimeout } from '@spillway/origin/contract'
import type { onRequestHookHandler } from 'fastify'
import { headerOf } from '../http/request.ts'

/** Sets the deadline of an action: the time that the edge has left, and at most the action's timeout. */
export function deadlineStage({ timeoutMs }: Action): onRequestHookHandler {
  return (request, _reply, done) => {
    const left = parseTimeout(headerOf(request.headers, headers.timeoutMs)) ?? timeoutMs
    request.deadlineMs = request.startedAtMs + Math.min(left, timeoutMs)
    done()
  }
}
