import { pick, type Random, seededRandom } from '../load/random.ts'

/**
 * Faults of a run, planned in advance: the same seed gives the same faults at the same times. Rounds of a few seconds
 * alternate between a single fault, whose recovery can be measured, and several that overlap.
 */

export const faultKinds = [
  // the primary
  'kill primary',
  'stop primary',
  'step down',
  'stall primary',
  'isolate primary',
  // another member
  'kill secondary',
  'stall secondary',
  // an origin
  'kill origin',
  'stall origin',
  'drain origin',
  'isolate origin',
  // links
  'reset database links',
  'cut edge link',
  'stall edge link',
  'reset edge link',
  // answers alone: requests still arrive
  'mute edge link',
  'mute database links',
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface PlannedFault {
  /** Milliseconds after the start of the run. */
  readonly atMs: number
  readonly kind: FaultKind
  /** Duration in milliseconds; for a kill, until the process is restarted. */
  readonly durationMs: number
  /** Uniform on [0, 1): selects the process or link. */
  readonly target: number
}

/** Weight of each kind. Elections and crashes of an origin have the highest, since they find most mistakes. */
const weights: Readonly<Record<FaultKind, number>> = {
  'kill primary': 26,
  'stop primary': 4,
  'step down': 34,
  'stall primary': 5,
  'isolate primary': 5,
  'kill secondary': 2,
  'stall secondary': 2,
  'kill origin': 38,
  'stall origin': 5,
  'drain origin': 6,
  'isolate origin': 4,
  'reset database links': 3,
  'cut edge link': 3,
  'stall edge link': 3,
  'reset edge link': 3,
  'mute edge link': 14,
  'mute database links': 12,
}

/** Shortest and longest duration in ms. A fault that should cause an election lasts longer than one takes (1 s). */
const durations: Readonly<Record<FaultKind, readonly [number, number]>> = {
  'kill primary': [200, 1_000],
  'stop primary': [200, 1_000],
  'step down': [0, 0],
  'stall primary': [200, 2_500],
  'isolate primary': [1_500, 3_000],
  'kill secondary': [200, 1_000],
  'stall secondary': [200, 2_000],
  'kill origin': [0, 800],
  'stall origin': [200, 2_000],
  'drain origin': [0, 500],
  'isolate origin': [200, 2_500],
  'reset database links': [0, 0],
  'cut edge link': [200, 2_000],
  'stall edge link': [200, 2_000],
  'reset edge link': [0, 0],
  'mute edge link': [50, 500],
  'mute database links': [20, 300],
}

const bag = faultKinds.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind))
/** Share of the rounds with one fault. */
const singleShare = 0.4
/** Quiet time before the first fault and after the last one, in ms. */
const quietMs = 2_000

export function planFaults(seed: number, runMs: number): readonly PlannedFault[] {
  const random = seededRandom(seed)
  const faults: PlannedFault[] = []
  for (let atMs = quietMs; atMs < runMs - quietMs; ) {
    if (random() < singleShare) {
      faults.push(planned(atMs, random))
      atMs += between(2_500, 4_500, random)
      continue
    }
    for (let left = 2 + Math.floor(random() * 3); left > 0 && atMs < runMs - quietMs; left--) {
      faults.push(planned(atMs, random))
      atMs += between(100, 900, random)
    }
    atMs += between(1_000, 2_500, random)
  }
  return faults
}

function planned(atMs: number, random: Random): PlannedFault {
  const kind = pick(bag, random)
  const [shortestMs, longestMs] = durations[kind]
  const durationMs = Math.round(between(shortestMs, longestMs, random))
  return { atMs: Math.round(atMs), kind, durationMs, target: random() }
}

const between = (least: number, most: number, random: Random): number => least + (most - least) * random()
