import { type Action, headers, parseTimeout } from '@spillway/origin/contract'
import type { onRequestHookHandler } from 'fastify'

/** Gives a request the time of its action: as much as the edge says is left of it, and never more than all of it. */
export function deadlineStage({ timeoutMs }: Action): onRequestHookHandler {
  return (request, _reply, done) => {
    const left = parseTimeout(request.headers[headers.timeoutMs] as string) ?? timeoutMs
    request.deadlineMs = request.startedAtMs + Math.min(left, timeoutMs)
    done()
  }
}
