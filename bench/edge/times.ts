import { names, proxied, ratiosOf, type SubjectName } from './subjects.ts'

/**
 * A ring has only the subjects that one bar compares, and they take turns. With more of them, each would be idle for
 * longer, and costs per unit of time would fall on fewer requests: an edge that sheds lets one probe through to a busy
 * origin per interval, however many requests arrive.
 *
 * Each subject is warmed up for `warmUpMs`. The first seconds of an isolate cost twice as much as later ones, until V8
 * has compiled the hot paths and memory has its final size; page faults become fewer over some 200,000 requests. With
 * 8 s and two processes of each, ratios agreed with those of earlier runs with 16 s and three. Samples of one subject
 * then lie within 4 to 9 % of their middle, and eight of them hold their mean to 2 %.
 *
 * In a quick run, the ring of the smallest margin has the longest windows: in windows of 500 ms, garbage collections
 * made its samples differ by 20 %.
 */
export const times = {
  full: {
    rounds: 4,
    warmUpMs: { read: 8_000, through: 8_000, shed: 8_000, shedRead: 8_000 },
    windowMs: { read: 2_000, through: 1_500, shed: 3_000, shedRead: 2_000 },
  },
  quick: {
    rounds: 3,
    warmUpMs: { read: 2_400, through: 1_800, shed: 1_600, shedRead: 1_200 },
    windowMs: { read: 900, through: 700, shed: 1_500, shedRead: 900 },
  },
} as const

export type Ring = keyof typeof times.full.windowMs
export const rings: readonly Ring[] = ['read', 'through', 'shed', 'shedRead']

const nameOf = ([, subject, base]: readonly [unknown, SubjectName, SubjectName]) => [
  names[subject],
  names[base],
]

/** Subjects that bars compare. */
const barred = {
  full: new Set<string>([
    ...ratiosOf(false).flatMap(nameOf),
    ...proxied.flatMap((pair) => pair.map((name) => names[name])),
  ]),
  quick: new Set<string>(ratiosOf(true).flatMap(nameOf)),
}

/**
 * Number of processes of each subject. Two processes of one program differ by up to five percent as long as they live,
 * by the layout of their memory, and a bar has a margin of about fifteen. A quick run has time for a second one only
 * where the margin is smallest, and for no subject without a bar.
 */
export function processesOf(
  { name, ring }: { readonly name: string; readonly ring: Ring },
  quick: boolean,
): number {
  if (quick) return !barred.quick.has(name) ? 0 : ring === 'shed' ? processesMax : 1
  return barred.full.has(name) && ring !== 'through' ? processesMax : 1
}
export const processesMax = 2
