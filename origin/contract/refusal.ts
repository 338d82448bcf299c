import type { Problem, ProblemCode } from './problem.ts'

/**
 * Refusals by the application's own rules, each with a reason that callers can switch on. The statuses are a closed list,
 * and each has one code:
 *
 * - 400: the request makes no sense, like a body that an endpoint cannot parse (RFC 9110 §15.5.1)
 * - 403: understood and refused, like a wrong signature (§15.5.4)
 * - 404: something that the request needs does not exist, or not for this caller (§15.5.5)
 * - 409: not possible in the current state (§15.5.10)
 * - 422: well-formed, and cannot be done (§15.5.21)
 *
 * 401 is not among them: it requires `WWW-Authenticate` with a challenge that a client can answer (§15.5.2, §11.6.1). The
 * edge, which verifies tokens, is the one to challenge, and a webhook's signature is no HTTP authentication scheme.
 */
const codes = {
  400: 'bad-request',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  422: 'validation-failed',
} as const satisfies Record<number, ProblemCode>

export type RefusalStatus = keyof typeof codes

/** A reason as an application declares it. */
export interface DeclaredProblem {
  readonly status: RefusalStatus
  /** One sentence for the caller. */
  readonly detail: string
}

/** Reasons as written: a text alone is a 409. */
export type ProblemDefinitions<Reason extends string = string> = {
  readonly [Name in Reason]: string | DeclaredProblem
}

/** Checked reasons, by name. */
export type DeclaredProblems<Reason extends string = string> = { readonly [Name in Reason]: DeclaredProblem }

/** A write or an action that is refused. */
export interface Refused extends DeclaredProblem {
  readonly kind: 'refused'
  /** Stable name of the reason, e.g. `trip-closed`; part of the contract with callers. */
  readonly reason: string
}

/**
 * Refuses with a declared reason.
 *
 * @param detail in place of the declared text, for one that names what is there
 */
export type Refuse<Reason extends string = string> = (reason: Reason, detail?: string) => Refused

export const refusalStatuses: readonly number[] = Object.keys(codes).map(Number)

export const resolveProblems = <Reason extends string>(
  problems: ProblemDefinitions<Reason> | undefined,
): DeclaredProblems<Reason> =>
  // The cast: the entries are those of `problems`, whose names are the reasons.
  Object.fromEntries(
    Object.entries<string | DeclaredProblem>(problems ?? {}).map(([reason, written]) => [
      reason,
      typeof written === 'string' ? { status: 409, detail: written } : written,
    ]),
  ) as DeclaredProblems<Reason>

/** Mistakes in the names of reasons. */
export function* checkReasons(problems: object): Generator<string> {
  for (const reason of Object.keys(problems)) {
    if (/^[a-z][a-z0-9-]{0,62}$/.test(reason)) continue
    yield `problems: '${reason}' becomes a word of the API: use lower-case letters, digits and hyphens`
  }
}

/** @param of whose reasons they are, for the message */
export const refuser =
  (problems: DeclaredProblems, of: string): Refuse =>
  (reason, detail) => {
    const declared = Object.hasOwn(problems, reason) ? problems[reason] : undefined
    if (declared === undefined) {
      throw new TypeError(`'${reason}' is not among the problems of ${of}: add it there`)
    }
    return { kind: 'refused', reason, status: declared.status, detail: detail ?? declared.detail }
  }

/**
 * Requires that a reason is declared, if any is: the API's description says that it lists all of them.
 *
 * @throws {TypeError} for one that is not
 */
export function requireDeclared(problems: DeclaredProblems, of: string, { reason }: Refused): void {
  if (Object.keys(problems).length > 0) refuser(problems, of)(reason)
}

/**
 * Refuses a write with 409 `conflict` and a reason that is not declared. Declare it in `problems` instead, and callers find
 * it in the API's description.
 */
export const conflict = (reason: string, detail: string): Refused => ({
  kind: 'refused',
  reason,
  status: 409,
  detail,
})

export const refusalProblem = ({ status, reason, detail }: Refused): Problem => ({
  code: codes[status],
  reason,
  detail,
})
