import type { ToldRevision } from '@spillway/origin/contract'

/**
 * Decides which revision of a representation counts, by what origins say of themselves. Every answer tells the revision under
 * which it shows a resource, and since when its process has run it.
 *
 * While a deployment rolls through the fleet, old and new processes answer in turns. The newest process decides: whatever
 * was shown in another revision is outdated from then on, also where an old process still shows it. A deployment back to
 * an older release starts newer processes, so it wins likewise. The one case in which the order misleads is an old process
 * that was started anew in the middle of a deployment; it counts until it has not been heard of for {@link holdMs}.
 */
export class HeardRevisions {
  readonly #current = new Map<string, ToldRevision & { readonly heardAtMs: number }>()

  /**
   * @param view names one version of one resource
   * @returns `current`: shown as everything is now; `changed`: from now on it counts, and `before` is outdated;
   *   `outdated`: a newer one is known
   */
  hear(view: string, told: ToldRevision, nowMs: number): Heard {
    const current = this.#current.get(view)
    if (current === undefined || current.revision === told.revision) {
      const sinceMs = Math.max(told.sinceMs, current?.sinceMs ?? 0)
      this.#current.set(view, { revision: told.revision, sinceMs, heardAtMs: nowMs })
      return same
    }
    if (told.sinceMs <= current.sinceMs && nowMs - current.heardAtMs < holdMs) return outdated
    this.#current.set(view, { ...told, heardAtMs: nowMs })
    return { kind: 'changed', before: current.revision }
  }
}

export type Heard =
  | { readonly kind: 'current' | 'outdated' }
  | { readonly kind: 'changed'; readonly before: string }

/** How long a revision counts that nobody tells any more, although an older process tells another one. */
export const holdMs = 60_000

const same: Heard = { kind: 'current' }
const outdated: Heard = { kind: 'outdated' }
