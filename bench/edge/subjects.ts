import type { Bar } from '@spillway/infra/local/bar'
import { bars } from '../bars.ts'

/** Subjects of the bench, each in processes of its own. */
export const names = {
  bare: 'constant Worker, one field',
  sameRead: 'constant Worker, the same answer',
  sameShed: 'constant Worker, the same refusal',
  sameShedRead: 'constant Worker, the same refusal of a read',
  least: 'least Worker, two maps',
  hono: 'hono',
  honoJose: 'hono + jose each time',
  cached: 'Spillway, cached read',
  cachedByRule: 'Spillway, cached read by a rule',
  cachedByKey: 'Spillway, cached read with an API key',
  cachedTraced: 'Spillway, cached read, 1 % traced',
  forwardList: 'forwarding Worker, list',
  forwardDocument: 'forwarding Worker, document',
  forwardWrite: 'forwarding Worker, write',
  floorList: 'least Worker that goes through, list',
  floorDocument: 'least Worker that goes through, document',
  floorWrite: 'least Worker that goes through, write',
  proxyList: 'hono + jose + proxy, list',
  proxyDocument: 'hono + jose + proxy, document',
  proxyWrite: 'hono + jose + proxy, write',
  listMiss: 'Spillway, uncached list',
  documentMiss: 'Spillway, uncached document',
  documentMissTraced: 'Spillway, uncached document, 1 % traced',
  write: 'Spillway, write',
  shedWrite: 'Spillway, shed write',
  floorShed: 'least Worker that refuses, write',
  floorShedRead: 'least Worker that refuses, read',
  shedRead: 'Spillway, shed read',
} as const
export type SubjectName = keyof typeof names

/** A bar on the CPU time of the first subject, divided by that of the second. */
type Ratio = readonly [bar: Bar, subject: SubjectName, base: SubjectName]

/** Bars that a quick run measures, too. */
const quickRatios: readonly Ratio[] = [
  [bars.edgeCachedRead, 'cached', 'sameRead'],
  [bars.edgeAgainstJose, 'honoJose', 'cached'],
  [bars.edgeRule, 'cachedByRule', 'cached'],
  [bars.edgeApiKey, 'cachedByKey', 'cached'],
  [bars.edgeShed, 'shedWrite', 'sameShed'],
  [bars.edgeShedRead, 'shedRead', 'sameShedRead'],
  [bars.edgeListMiss, 'listMiss', 'forwardList'],
  [bars.edgeDocumentMiss, 'documentMiss', 'forwardDocument'],
  [bars.edgeWrite, 'write', 'forwardWrite'],
]

/** Bars whose margin of 3 % is less than the noise of a quick run. */
const tracedRatios: readonly Ratio[] = [
  [bars.edgeTracedRead, 'cachedTraced', 'cached'],
  [bars.edgeTracedMiss, 'documentMissTraced', 'documentMiss'],
]

/** Pairs whose worst ratio is one bar, {@link bars.edgeAgainstProxy}. */
export const proxied = [
  ['listMiss', 'proxyList'],
  ['documentMiss', 'proxyDocument'],
  ['write', 'proxyWrite'],
] as const satisfies readonly (readonly [SubjectName, SubjectName])[]

export const ratiosOf = (quick: boolean): readonly Ratio[] =>
  quick ? quickRatios : [...quickRatios, ...tracedRatios]

type Floor = readonly [floor: SubjectName, base: SubjectName]

/** Subject that does only what is unavoidable, and the base of its ratio, by bar. */
export const floors: ReadonlyMap<Bar, Floor> = new Map<Bar, Floor>([
  [bars.edgeCachedRead, ['least', 'sameRead']],
  [bars.edgeShed, ['floorShed', 'sameShed']],
  [bars.edgeShedRead, ['floorShedRead', 'sameShedRead']],
  [bars.edgeListMiss, ['floorList', 'forwardList']],
  [bars.edgeDocumentMiss, ['floorDocument', 'forwardDocument']],
  [bars.edgeWrite, ['floorWrite', 'forwardWrite']],
])
