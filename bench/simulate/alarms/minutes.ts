import {
  noSloCounts,
  type Priority,
  plusSloCounts,
  priorities,
  type Slo,
  type SloCounts,
} from '@spillway/origin/contract'
import type { Recorder } from '../simulation.ts'
import { type Overlay, overlaidAt } from './overlay.ts'

export type MinuteCounts = Readonly<Record<Priority, SloCounts>>

/** Counts of the edge by minute, as Analytics Engine would give them. The cache's answers are in time. */
export class Minutes implements Recorder {
  readonly minutes: MinuteCounts[] = []
  readonly #slo: Slo
  readonly #overlays: readonly Overlay[]
  #second = 0

  constructor(slo: Slo, overlays: readonly Overlay[] = []) {
    this.#slo = slo
    this.#overlays = overlays
  }

  record(...[{ outcomes, fromOrigin }, latency, _weight, shiftMs]: Parameters<Recorder['record']>): void {
    const at = this.#second
    this.#second += 1
    const { failedShare, slowerMs: addedMs } = overlaidAt(at, this.#overlays)
    const slowerMs = shiftMs + addedMs
    if (at % 60 === 0)
      this.minutes.push({ critical: noSloCounts, normal: noSloCounts, background: noSloCounts })
    // The cast is safe: the first second of a minute has added it.
    const minute = this.minutes.at(-1) as Record<Priority, SloCounts>
    for (const priority of priorities) {
      const { asked, served: ok } = outcomes[priority]
      const timed = ok * (1 - failedShare)
      const lateShare = latency.shareAbove(this.#slo.objectives[priority].latency.ms, slowerMs)
      const slow = fromOrigin[priority] * (1 - failedShare) * lateShare
      minute[priority] = plusSloCounts(minute[priority], {
        answers: asked,
        failed: asked - timed,
        ...{ timed, slow },
      })
    }
  }
}
