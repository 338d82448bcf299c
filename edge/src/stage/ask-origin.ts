import { formatTimeout, headers as names, type Priority, parseLoad } from '@spillway/origin/contract'
import type { AssertionSigner } from '../auth/assertion-signer.ts'
import { AskError } from '../http/ask-error.ts'
import { Deadline } from '../http/deadline.ts'
import { type OriginAnswer, sendToOrigin } from '../http/origin-client.ts'
import { RequestBody } from '../http/request-body.ts'
import type { OriginEndpoint } from '../overload/origin-endpoint.ts'
import type { RandomIds } from '../platform/random-ids.ts'
import { type AdmitParts, admit } from './admit.ts'

export interface AskOriginParts extends AdmitParts {
  readonly ids: RandomIds
  readonly signer: AssertionSigner
}

/** A question of the edge itself, on behalf of no caller. */
export interface OwnQuestion {
  readonly path: string
  readonly body: object
  readonly timeoutMs: number
}

/** Asked first: without the answer, requests of every priority wait. */
const priority: Priority = 'critical'

/**
 * Asks the origin, within the limits that its other requests have, and another origin once if the first cannot be
 * reached.
 *
 * @returns the JSON of a 200
 * @throws {AskError} otherwise
 */
export async function askOrigin(question: OwnQuestion, parts: AskOriginParts): Promise<unknown> {
  const deadline = new Deadline(parts.now() + question.timeoutMs, parts.now())
  const first = await attempt(question, deadline, undefined, parts)
  if (first.endpoint === undefined) return first.json
  const second = await attempt(question, deadline, first.endpoint, parts)
  if (second.endpoint === undefined) return second.json
  throw new AskError('the origin cannot be reached', false)
}

/** `endpoint`: the one that could not be reached. */
type Attempt =
  | { readonly endpoint?: undefined; readonly json: unknown }
  | { readonly endpoint: OriginEndpoint }

async function attempt(
  { path, body }: OwnQuestion,
  deadline: Deadline,
  failed: OriginEndpoint | undefined,
  parts: AskOriginParts,
): Promise<Attempt> {
  const { now, signer, ids } = parts
  const order = { priority, deadlineMs: deadline.atMs, heldBytes: 0, reservation: undefined, failed }
  const admitted = await admit(order, parts)
  if (admitted.kind === 'shed') throw new AskError(`not asked: ${admitted.reason}`, false)
  const { endpoint, slot } = admitted
  const answer = await slot.use<OriginAnswer>(async () => {
    const assertion = await signer.assertionFor(undefined)
    const result = await sendToOrigin({
      method: 'POST',
      url: endpoint.url + path,
      headers: {
        'content-type': 'application/json',
        [names.requestId]: ids.next(),
        [names.priority]: priority,
        [names.assertion]: assertion,
        [names.timeoutMs]: formatTimeout(Math.max(1, deadline.atMs - now())),
      },
      body: RequestBody.of(JSON.stringify(body)),
      deadline,
      signal: undefined,
    })
    if (result.kind !== 'answer') return { result, outcome: result.kind }
    const { headers, status } = result.reply
    const load = parseLoad(headers.get(names.load))
    return { result, outcome: status === 503 ? 'refused' : 'accepted', load }
  })
  if (answer.kind === 'unreachable') return { endpoint }
  if (answer.kind !== 'answer') throw new AskError(`the origin did not answer: ${answer.kind}`, true)
  const { reply } = answer
  const { status } = reply
  if (status === 200) return { json: JSON.parse(await reply.text()) }
  await reply.body?.cancel()
  throw new AskError(`the origin answered ${status}`, status !== 503)
}
