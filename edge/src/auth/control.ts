import type { ControlEntry, Priority } from '@spillway/origin/contract'
import { controlPrefix, isPriority } from '@spillway/origin/contract'

/** Operators' settings for a running system: revoked tokens, and priorities that are shed regardless of load. */
export interface Control {
  /** `jti` values. */
  readonly revokedTokens: ReadonlySet<string>
  /** Subject → epoch seconds: tokens issued before it are revoked; `undefined` revokes all of the subject's tokens. */
  readonly revokedSubjects: ReadonlyMap<string, number | undefined>
  /** Priorities at and below this one are shed. */
  readonly shed: Exclude<Priority, 'critical'> | undefined
  /** Why the switch has a value that sheds nothing, for operators. Never contains the value itself. */
  readonly mistake?: string
}

export const noControl: Control = { revokedTokens: new Set(), revokedSubjects: new Map(), shed: undefined }

/** @param nowMs epoch milliseconds: what has expired is left out */
export function readControl(entries: readonly ControlEntry[], nowMs: number): Control {
  const revokedTokens = new Set<string>()
  const revokedSubjects = new Map<string, number | undefined>()
  let shed: string | undefined
  for (const { name, value, expiration = Number.POSITIVE_INFINITY, metadata } of entries) {
    if (expiration * 1_000 <= nowMs) continue
    if (name === controlPrefix.shed) shed = value
    else if (name.startsWith(controlPrefix.token)) revokedTokens.add(name.slice(controlPrefix.token.length))
    else if (name.startsWith(controlPrefix.subject)) {
      revokedSubjects.set(name.slice(controlPrefix.subject.length), issuedBefore(metadata))
    }
  }
  return { revokedTokens, revokedSubjects, ...readSwitch(shed) }
}

/**
 * Reads the emergency switch. It accepts capitals and a trailing newline, since operators type it in a hurry, and
 * reports a misspelled value instead of ignoring it.
 */
function readSwitch(text: string | undefined): Pick<Control, 'shed' | 'mistake'> {
  const level = (text ?? '').trim().toLowerCase()
  if (level === '' || level === 'none') return { shed: undefined }
  if (isPriority(level) && level !== 'critical') return { shed: level }
  const given = JSON.stringify(level.slice(0, 32))
  return {
    shed: undefined,
    mistake: `shed is ${given}, so nothing is shed: set it to background, normal or none`,
  }
}

export interface RevocableToken {
  readonly tokenId: string | undefined
  readonly issuedAtSeconds: number | undefined
  readonly principal: { readonly subject: string }
}

export function isRevoked(control: Control, token: RevocableToken): boolean {
  if (token.tokenId !== undefined && control.revokedTokens.has(token.tokenId)) return true
  const { subject } = token.principal
  if (!control.revokedSubjects.has(subject)) return false
  const before = control.revokedSubjects.get(subject)
  return before === undefined || token.issuedAtSeconds === undefined || token.issuedAtSeconds < before
}

function issuedBefore(metadata: unknown): number | undefined {
  if (typeof metadata !== 'object' || metadata === null || !('issuedBefore' in metadata)) return undefined
  const { issuedBefore: before } = metadata
  return typeof before === 'number' ? before : undefined
}
