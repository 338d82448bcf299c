import type { RepresentationRevision } from '@spillway/origin/contract'

/**
 * Decides which revision of a representation is current, from what the origins report. Every answer names the revision
 * in which it shows a resource, and since when its process has been running it.
 *
 * During a rolling deployment, old and new processes answer in turn. The newest process decides: answers in another
 * revision are outdated from then on, even when an old process still produces them. A rollback starts newer processes,
 * so it wins in the same way. The order misleads in one case: an old process that restarts in the middle of a
 * deployment. It counts as current until it has been silent for {@link holdMs}.
 */
export class CurrentRevisions {
  readonly #current = new Map<string, RepresentationRevision & { readonly reportedAtMs: number }>()

  /**
   * @param view names one version of one resource
   * @returns `current`: the revision in force; `changed`: in force from now on, and `before` is outdated; `outdated`: a
   *   newer one is known
   */
  observe(view: string, reported: RepresentationRevision, nowMs: number): RevisionChange {
    const current = this.#current.get(view)
    if (current === undefined || current.revision === reported.revision) {
      const sinceMs = Math.max(reported.sinceMs, current?.sinceMs ?? 0)
      this.#current.set(view, { revision: reported.revision, sinceMs, reportedAtMs: nowMs })
      return same
    }
    if (reported.sinceMs <= current.sinceMs && nowMs - current.reportedAtMs < holdMs) return outdated
    this.#current.set(view, { ...reported, reportedAtMs: nowMs })
    return { kind: 'changed', before: current.revision }
  }
}

export type RevisionChange =
  | { readonly kind: 'current' | 'outdated' }
  | { readonly kind: 'changed'; readonly before: string }

/**
 * Time for which the newest revision stays current after its last report, although an older process reports another.
 */
export const holdMs = 60_000

const same: RevisionChange = { kind: 'current' }
const outdated: RevisionChange = { kind: 'outdated' }
