import {
  deadline as budget,
  headers as names,
  problemCatalogue,
  problemMediaType,
} from '@spillway/origin/contract'
import type { Deadline } from '../http/deadline.ts'
import type { OriginAnswer } from '../http/origin-client.ts'
import type { OriginReply } from '../http/origin-reply.ts'
import { codeOf } from '../http/problem-code.ts'
import type { OriginOutcome } from '../overload/permit.ts'
import { inTime } from '../platform/in-time.ts'

/** `distrusted`: the origin rejected the edge's assertion and did nothing. */
export type JudgedAnswer = OriginAnswer | { readonly kind: 'distrusted' }

/**
 * Recognizes an origin's rejection of the edge itself: a fault between the two (wrong clock, missing key), which no
 * caller can fix and another origin may not have.
 */
export async function heedDistrust(
  answer: OriginAnswer,
  deadline: Deadline,
  now: () => number,
): Promise<JudgedAnswer> {
  if (answer.kind !== 'answer' || answer.reply.status !== edgeOnlyStatus) return answer
  const { reply } = answer
  const text = await inTime(reply.text(), deadline.atMs - now()).catch(() => undefined)
  if (text === undefined) return { kind: 'unreachable' }
  if (codeOf(text) === 'edge-only') return { kind: 'distrusted' }
  return { kind: 'answer', reply: reply.withText(text) }
}

const edgeOnlyStatus = problemCatalogue['edge-only'].status

/** An answer, and the end of its request as the gate sees it. */
export interface Judged {
  readonly answer: JudgedAnswer
  readonly outcome: OriginOutcome
  /** Whether the failure may be specific to this request. */
  readonly isSpecific: boolean
}

export function judge(method: string, answer: JudgedAnswer): Judged {
  const outcome = outcomeOf(method, answer)
  return { answer, outcome, isSpecific: isOneRequests(answer, outcome) }
}

/** A gateway in front of the origin answers for it with its own statuses (RFC 9110 §15.5 and §15.6.3 to 15.6.5). */
function outcomeOf(method: string, answer: JudgedAnswer): OriginOutcome {
  if (answer.kind === 'distrusted') return 'unreachable'
  if (answer.kind !== 'answer') return answer.kind
  const { status, headers } = answer.reply
  if (headers.get(names.ownFault) === '1') return 'own-fault'
  if (status === 503) return 'refused'
  // A 504 from the origin counts as its timeout: its time limit is slightly below the edge's.
  if (status === 504) return 'timeout'
  return isOurOrigins(method, answer.reply) ? 'accepted' : 'unreachable'
}

/**
 * Whether the failure may be specific to this request: a rejected assertion, or fields that a gateway rejects. It says
 * nothing about the origin's health; otherwise one caller's odd request would open the breaker for everybody.
 */
const isOneRequests = (answer: JudgedAnswer, outcome: OriginOutcome): boolean =>
  answer.kind === 'distrusted' ||
  (answer.kind === 'answer' && outcome === 'unreachable' && answer.reply.status < 500)

/**
 * The outcome as a sign of the origin's health. A timeout counts only if the origin had most of a request's time. It
 * does not count if the caller had used up the time or was still sending its body: otherwise five slow clients would
 * open the breaker of a healthy origin.
 *
 * @param givenMs time from the end of the request's transmission to the deadline
 */
export const signOf = (outcome: OriginOutcome, givenMs: number): OriginOutcome =>
  outcome === 'timeout' && givenMs < budget.budgetMs / 2 ? 'abandoned' : outcome

/**
 * Whether an answer comes from our origin: its errors are problems, and it redirects no write. A gateway's error page
 * is not meant for callers, and its 4xx need not be about their request: a load balancer's 400, 403 or 408 may follow a
 * write that was done.
 */
export function isOurOrigins(method: string, { status, headers }: OriginReply): boolean {
  if (status < (isWrite(method) ? 300 : 400)) return true
  return headers.get('content-type')?.startsWith(problemMediaType) === true
}

/**
 * Whether the answer to a retry answers the request. A refused write does not: the first attempt may have caused it
 * (412, 404, 409), or it speaks only of the retry itself (503, nothing done).
 */
export const speaksForBoth = (method: string, { ok }: OriginReply): boolean => ok || !isWrite(method)

const isWrite = (method: string): boolean => method !== 'GET' && method !== 'HEAD'
